import { beforeAll, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxChannel } from '../../../sandbox/world/channel.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { numberOf, resultOf } from '../progress-frames.ts';

/** Every option that suggests polls, and who may be suggested which. */
const pollLists = ['bulk close', 'bulk delete', 'bulk reopen', 'bulk settings', 'bulk export', 'bulk select'];

/** Takes the sight of a channel from one person; what is returned gives it back. */
function hide(sandbox: Sandbox, channel: SandboxChannel, { id }: Person): () => void {
  channel.overwrites.push({ id, type: 1, allow: 0n, deny: permission.viewChannel });
  sandbox.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
  return () => {
    channel.overwrites.pop();
    sandbox.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
  };
}

describeFlow('autocomplete', { databases: ['pglite', 'postgres'] }, (scene) => {
  let away: SandboxGuild;
  let homeAdmin: Person;
  let tea: FlowPoll;
  let wine: FlowPoll;
  let secret: FlowPoll;
  let hidden: FlowPoll;
  let operations: { home: number; away: number };

  beforeAll(async () => {
    const { sandbox, guild, admin, superAdmin } = scene();
    away = sandbox.addGuild({ name: 'Away **team** 🏕', channels: ['secret-plans'] });
    homeAdmin = sandbox.person({ name: 'Hal', permissions: { [guild.id]: permission.manageGuild } });
    tea = await scene().poll(guild.channel('votes'), { question: 'Green TEA or coffee?' });
    wine = await scene().poll(guild.channel('votes'), { question: 'Red wine?' });
    hidden = await scene().poll(guild.channel('more'), { question: 'Tea for admins?' });
    secret = await scene().poll(away.channel('secret-plans'), { question: 'Secret tea?' }, admin);
    const close = async (poll: FlowPoll) => {
      const progress = await scene().begin([poll], {}, superAdmin);
      await resultOf(progress);
      return numberOf(progress);
    };
    operations = { home: await close(wine), away: await close(secret) };
  });

  const suggested = async (person: Person, command: string, option: string, typed: string) =>
    (await person.autocomplete(scene().guild.channel('general'), command, { [option]: typed }, option)).map(
      ({ value }) => value,
    );

  test('finds servers by name or id, those of the scope alone, with names as they are', async () => {
    const { guild, superAdmin } = scene();
    expect(await suggested(superAdmin, 'bulk select', 'server', '')).toEqual([away.id, guild.id]);
    expect(await suggested(superAdmin, 'bulk select', 'server', 'TEAM')).toEqual([away.id]);
    expect(await suggested(superAdmin, 'bulk select', 'server', away.id.slice(0, 12))).toContain(away.id);
    const place = guild.channel('general');
    const [named] = await superAdmin.autocomplete(place, 'bulk select', { server: 'awa' }, 'server');
    expect(named).toEqual({ name: 'Away **team** 🏕', value: away.id });
    expect(await suggested(homeAdmin, 'bulk select', 'server', '')).toEqual([guild.id]);
    for (const typed of ['away', away.id]) {
      expect(await suggested(homeAdmin, 'bulk select', 'server', typed)).toEqual([]);
    }
  });

  test('finds polls by number or by words of the question, in every list of polls, within the scope', async () => {
    for (const command of [
      ...pollLists,
      'bulk selection add',
      'bulk selection remove',
      'bulk selection set',
    ]) {
      const of = (person: Person, typed: string) => suggested(person, command, 'polls', typed);
      expect(await of(homeAdmin, 'tea')).toEqual([hidden, tea].map((poll) => String(poll.id)));
      expect(await of(homeAdmin, 'COFFEE green')).toEqual([String(tea.id)]);
      expect((await of(homeAdmin, `#${wine.id}`))[0]).toBe(String(wine.id));
      expect(await of(homeAdmin, `${tea.id}, wine`)).toEqual([`${tea.id}, ${wine.id}`]);
      expect(await of(homeAdmin, 'secret')).toEqual([]);
      expect(await of(homeAdmin, `#${secret.id}`)).toEqual([]);
      expect(await of(scene().superAdmin, 'secret')).toEqual([String(secret.id)]);
      expect(await of(scene().voter, 'tea')).toEqual([]);
    }
  });

  test('finds for a voter the polls of channels they can see, and no others', async () => {
    const { guild, voter, sandbox } = scene();
    const of = (person: Person, typed: string) => suggested(person, 'poll show', 'poll', typed);
    expect(await of(voter, 'tea')).toEqual([hidden.id, tea.id]);
    const show = hide(sandbox, guild.channel('more'), voter);
    expect(await of(voter, 'tea')).toEqual([tea.id]);
    expect(await of(voter, String(hidden.id))).not.toContain(hidden.id);
    show();
    expect(await of(homeAdmin, 'tea')).toEqual([hidden.id, tea.id]);
    expect(await of(scene().superAdmin, 'tea')).toEqual([secret.id, hidden.id, tea.id]);
    expect(await suggested(homeAdmin, 'poll close', 'poll', 'secret')).toEqual([]);
  });

  test('finds operations of the scope by number and kind', async () => {
    const commands = ['progress', 'cancel', 'retry', 'undo', 'report', 'audit'];
    for (const command of commands) {
      const of = (person: Person, typed: string) => suggested(person, `bulk ${command}`, 'operation', typed);
      expect(await of(homeAdmin, '')).toEqual([operations.home]);
      expect(await of(homeAdmin, String(operations.away))).not.toContain(operations.away);
      expect((await of(scene().superAdmin, String(operations.home)))[0]).toBe(operations.home);
      expect(await of(scene().superAdmin, 'close')).toEqual([operations.away, operations.home]);
      expect(await of(scene().superAdmin, `#${operations.home}`)).toEqual([operations.home]);
      expect(await of(scene().voter, '')).toEqual([]);
    }
  });

  test('finds time zones wherever one is asked for', async () => {
    for (const command of ['bulk settings', 'poll create']) {
      expect(await suggested(homeAdmin, command, 'timezone', 'new york')).toEqual(['America/New_York']);
      expect(await suggested(homeAdmin, command, 'timezone', 'atlantis')).toEqual([]);
    }
  });

  test('breaks on nothing that can be typed, and stays within what Discord takes', async () => {
    const typed = [
      ...hostileTexts.map(([, text]) => text),
      '',
      ' ',
      '\u0000',
      '%',
      '_\\',
      ',,,,',
      '1-',
      '-',
      '99999999999999999999',
      'x'.repeat(6000),
      'x '.repeat(3000),
      '1, '.repeat(2000),
      "'; drop table polls; --",
    ];
    for (const text of typed) {
      for (const [command, option] of [
        ['bulk close', 'polls'],
        ['bulk select', 'server'],
        ['bulk settings', 'timezone'],
        ['bulk progress', 'operation'],
        ['poll show', 'poll'],
      ] as const) {
        const place = scene().guild.channel('general');
        const choices = await homeAdmin.autocomplete(place, command, { [option]: text }, option);
        expect(choices.length).toBeLessThanOrEqual(25);
        for (const { name, value } of choices) {
          expect(name.length).toBeLessThanOrEqual(100);
          expect(String(value).length).toBeLessThanOrEqual(100);
        }
      }
    }
  });

  test('shows hostile questions cut where a reader sees an end', async () => {
    const { guild } = scene();
    const families = await scene().poll(guild.channel('votes'), { question: '👨‍👩‍👧‍👦'.repeat(40) });
    const place = guild.channel('general');
    const [choice] = await homeAdmin.autocomplete(
      place,
      'bulk close',
      { polls: String(families.id) },
      'polls',
    );
    expect(choice!.name).toMatch(/^#\d+ · active · (👨‍👩‍👧‍👦)+…$/u);
    expect(choice!.name.length).toBeLessThanOrEqual(100);
  });
});
