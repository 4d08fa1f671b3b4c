import { beforeAll, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { isClosed, isOpen, numberOf, resultOf } from '../progress-frames.ts';

describeFlow('two servers', { databases: ['pglite', 'postgres'] }, (scene) => {
  let away: SandboxGuild;
  let awayAdmin: Person;
  let homeAdmin: Person;
  let home: FlowPoll[];
  let foreign: FlowPoll[];

  beforeAll(async () => {
    const { sandbox, guild, admin } = scene();
    away = sandbox.addGuild({ name: 'Away', channels: ['secret-plans'] });
    awayAdmin = sandbox.person({ name: 'Walt', permissions: { [away.id]: permission.manageGuild } });
    homeAdmin = sandbox.person({ name: 'Hal', permissions: { [guild.id]: permission.manageGuild } });
    home = await scene().polls(2, [guild.channel('votes')]);
    foreign = await Promise.all(
      [1, 2].map((n) =>
        scene().poll(away.channel('secret-plans'), { question: `Foreign secret ${n}?` }, admin),
      ),
    );
  });

  test('a server admin finds no poll of another server, by no way', async () => {
    const ids = foreign.map(({ id }) => id).join(',');
    const named = await scene().ask('bulk close', { polls: ids }, homeAdmin);
    expect(named.text).toContain('not found');
    const mixed = await scene().ask('bulk close', { polls: `${ids},${home[0]!.id}` }, homeAdmin);
    expect(mixed.field('To change')).toBe('1');
    expect(mixed.field('Skipped')).toContain('2 × not found');
    const byText = await scene().ask('bulk close', { text: 'secret' }, homeAdmin);
    expect(byText.text).toContain('No poll matches');
    const byServer = await scene().ask('bulk close', { server: away.id }, homeAdmin);
    expect(byServer.text).toMatch(/Server .* was not found/);
    const shown = await scene().ask('poll show', { poll: foreign[0]!.id }, homeAdmin);
    expect(shown.text).toContain('was not found');
    const closed = await scene().ask('poll close', { poll: foreign[0]!.id }, homeAdmin);
    expect(closed.text).toContain('was not found');
    const list = await scene().ask('poll list', {}, homeAdmin);
    const all = [named, mixed, byText, byServer, shown, closed, list].map(({ text }) => text).join('\n');
    expect(all).not.toMatch(/Foreign secret|secret-plans|Away/);
    expect(foreign.every(({ message }) => isOpen(message))).toBe(true);
  });

  test('autocomplete offers a server admin their own server and operations, a super admin all', async () => {
    const { superAdmin, channel, admin } = { ...scene(), channel: scene().channel('general') };
    const servers = (person: Person) => person.autocomplete(channel, 'bulk close', { server: '' }, 'server');
    expect((await servers(homeAdmin)).map(({ value }) => value)).toEqual([scene().guild.id]);
    expect((await servers(superAdmin)).map(({ value }) => value).sort()).toEqual(
      [scene().guild.id, away.id].sort(),
    );
    const only = await superAdmin.autocomplete(channel, 'bulk close', { server: 'awa' }, 'server');
    expect(only).toEqual([{ name: expect.stringContaining('Away'), value: away.id }]);

    const [poll] = await Promise.all([
      scene().poll(away.channel('secret-plans'), { question: 'Far?' }, admin),
    ]);
    const preview = await (
      await awayAdmin.slash(away.channel('secret-plans'), 'bulk close', { polls: String(poll!.id) })
    ).message();
    const progress = await (await awayAdmin.press(preview, 'Confirm')).message();
    await resultOf(progress);
    const operation = numberOf(progress);
    const operations = async (person: Person) =>
      (await person.autocomplete(channel, 'bulk progress', { operation: '' }, 'operation')).map(
        ({ value }) => value,
      );
    expect(await operations(homeAdmin)).not.toContain(operation);
    expect(await operations(superAdmin)).toContain(operation);
    for (const command of ['progress', 'cancel', 'retry', 'report']) {
      const answer = await scene().ask(`bulk ${command}`, { operation }, homeAdmin);
      expect(answer.ephemeral).toBe(true);
      expect(answer.text).toContain(`Operation #${operation} was not found`);
    }
    expect((await scene().ask('bulk progress', { operation }, superAdmin)).text).toContain('completed');
  });

  test('a super admin acts on both at once; in public the foreign polls go by number only', async () => {
    const { superAdmin, sandbox } = scene();
    sandbox.deny(away.channel('secret-plans').id);
    const preview = await scene().preview([...home, ...foreign], {}, superAdmin);
    expect(preview.field('To change')).toBe('4');
    expect(preview.text).toContain('Foreign secret 1?');
    const progress = await (await superAdmin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [2, 2, 0, 0] });
    for (const { embeds } of progress.versions) {
      expect(JSON.stringify(embeds)).not.toMatch(/Foreign secret|secret-plans|Away/);
    }
    expect(progress.text).toContain('2 × no access to a channel of another server (50001)');
    const [first, second] = foreign.map(({ id }) => id).sort((a, b) => a - b);
    expect(progress.text).toContain(`#${first}, #${second}`);
    sandbox.allow(away.channel('secret-plans').id);

    // Nobody but super admins controls what reaches beyond their server.
    const operation = numberOf(progress);
    for (const person of [homeAdmin, awayAdmin]) {
      for (const action of ['retry', 'cancel', 'pause', 'report']) {
        const answer = await (await person.pressCustomId(progress, `${action}:${operation}`)).message();
        expect(answer.ephemeral).toBe(true);
        expect(answer.text).toMatch(/not found|Manage Server/);
      }
    }
    const report = await (await superAdmin.press(progress, 'Report')).message();
    expect(report.ephemeral).toBe(true);
    expect(report.attachments[0]!.data.toString()).toContain('Foreign secret 1?');
    const retry = await (await superAdmin.press(progress, 'Retry failed')).message();
    expect((await resultOf(retry)).counts).toEqual([2, 0, 0, 0]);
    expect([...home, ...foreign].every(({ message }) => isClosed(message))).toBe(true);
  });

  test('a server admin controls a super admin’s operation that touches only their server', async () => {
    const { superAdmin, sandbox } = scene();
    const polls = await scene().polls(3, [scene().channel('more')]);
    const released = Promise.withResolvers<void>();
    const fault = sandbox.faults.add({
      match: { method: 'PATCH', path: new RegExp(`^/channels/${scene().channel('more').id}/messages/\\d+$`) },
      before: () => released.promise,
    });
    const progress = await scene().begin(polls, {}, superAdmin);
    await progress.until((message) => message.button('Cancel') !== undefined);
    const foreignAnswer = await (
      await awayAdmin.pressCustomId(progress, `cancel:${numberOf(progress)}`)
    ).message();
    expect(foreignAnswer.text).toMatch(/not found|Manage Server/);
    const answer = await (await homeAdmin.press(progress, 'Cancel')).message();
    expect(answer.text).toContain('is being cancelled');
    fault.remove();
    released.resolve();
    expect((await resultOf(progress)).word).toBe('cancelled');
  });

  test('in direct messages everything is refused', async () => {
    const answer = await (await scene().superAdmin.slash(scene().superAdmin.direct, 'poll list')).message();
    expect(answer.text).toContain('in servers only');
  });
});
