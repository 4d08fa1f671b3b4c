import { beforeAll, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { cleanLine } from '../../../src/polls/text.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { choosePolls, clear, openPicker, rowsOf, selectedIn } from '../support/picker-hand.ts';

const longestQuestion = 1000;
const questions = hostileTexts
  .map(([, text]) => cleanLine(text).slice(0, longestQuestion).toWellFormed())
  .filter((text) => text !== '');
/** Discord allows a hundred characters; these need the most room once escaped. */
const serverNames = ['*'.repeat(100), '👨‍👩‍👧‍👦'.repeat(9), '\\'.repeat(100), 'م'.repeat(100)];

/** As Discord counts: the sandbox refuses the rest, and what it refuses fails the test. */
function expectWithinLimits(message: SandboxMessage): void {
  const [embed] = message.embeds;
  expect(message.content.length).toBeLessThanOrEqual(2000);
  expect(embed!.description!.length).toBeLessThanOrEqual(4096);
  expect(message.components).toHaveLength(5);
  for (const { options = [] } of message.menus) {
    expect(options.length).toBeLessThanOrEqual(25);
    for (const { label, description = '' } of options) {
      expect(Math.max(label.length, description.length)).toBeLessThanOrEqual(100);
      // Cut at the end of what a reader sees as one character.
      expect(label).not.toMatch(/\u200D…$|\p{Cs}/u);
    }
  }
  expect(message.text).not.toMatch(/undefined|\[object/);
}

describeFlow('the picker, within Discord’s limits,', { databases: ['postgres'] }, (scene) => {
  let places: { id: string; text: string }[];
  let polls: FlowPoll[];

  beforeAll(async () => {
    const { sandbox, guild, superAdmin } = scene();
    const guilds = serverNames.map((name) => sandbox.addGuild({ name, channels: ['votes'] }));
    const everyone = [guild, ...guilds];
    for (const one of everyone) superAdmin.setPermissions(one.id, permission.manageGuild);
    places = everyone.map((one) => ({ id: one.id, text: one.guild.name }));
    // The longest questions last, so that they stand together on one page.
    const made: FlowPoll[] = [];
    for (let index = 0; index < 60; index += 1) {
      const question = questions[index % questions.length]!;
      const server = everyone[index % everyone.length]!;
      made.push(await scene().poll(server.channel('votes'), { question }, superAdmin));
    }
    const stars = '*'.repeat(longestQuestion);
    for (let index = 0; index < 25; index += 1) {
      const server = guilds[0]!;
      made.push(await scene().poll(server.channel('votes'), { question: stars }, superAdmin));
    }
    polls = made;
  });

  const by = (): Person => scene().superAdmin;

  test('shows pages of hostile questions on hostile servers, whole, ticked and unticked', async () => {
    const picker = await openPicker(scene(), {}, by());
    for (let page = 1; page <= 4; page += 1) {
      expect(rowsOf(picker).ids).toHaveLength(page < 4 ? 25 : 10);
      expectWithinLimits(picker);
      await by().press(picker, 'Select page');
      expectWithinLimits(picker);
      if (page < 4) await by().press(picker, '▶');
    }
    expect(selectedIn(picker)).toBe(85);
    await choosePolls(by(), picker, []);
    expect(selectedIn(picker)).toBe(75);
    expect(places.length).toBe(5);
  });

  test('formats nothing and reveals nothing that a question writes', async () => {
    const picker = await openPicker(scene(), { text: 'evil.example' }, by());
    expect(rowsOf(picker).ids.length).toBeGreaterThan(0);
    expect(picker.embeds[0]!.description).not.toMatch(/[^\\]\]\(https|https?:\/\//);
    const pinging = await openPicker(scene(), { text: '@everyone' }, by());
    expect(rowsOf(pinging).ids.length).toBeGreaterThan(0);
    expect(pinging.embeds[0]!.description).not.toMatch(/@everyone.*@here|[^\\]<@&?\d/);
  });

  test('takes the longest filters there are, beside the longest page', async () => {
    const stars = polls.slice(-25).map((poll) => poll.id);
    const options = {
      polls: stars.join(' ,  '),
      server: scene().sandbox.channel(polls.at(-1)!.channel.id).guildId!,
      creator: by().id,
      text: '*'.repeat(1000),
      status: 'active',
      created_after: `${' '.repeat(50)}30d`,
      created_before: '2099-12-31 23:59',
    };
    const picker = await openPicker(scene(), options, by());
    expect(rowsOf(picker).ids).toHaveLength(25);
    expectWithinLimits(picker);
    for (const name of ['polls', 'server', 'creator', 'text', 'status', 'created_after', 'created_before'])
      expect(picker.embeds[0]!.description).toContain(`${name}: `);
  });

  test('shows what was written in filters harmlessly, and keeps to what it means', async () => {
    for (const [name, text] of hostileTexts) {
      const answer = await scene().ask('bulk select', { text }, by());
      expect([name, answer.text.length > 10]).toEqual([name, true]);
      if (cleanLine(text) !== '') expectSafe(answer);
      if (answer.button('▶') && !answer.button('▶')!.disabled) await by().press(answer, '▶');
    }
  });

  test('finds by a text whose stored beginning ends in half an emoji', async () => {
    const question = `${'x'.repeat(499)}😀?`;
    const poll = await scene().poll(scene().channel('general'), { question });
    const picker = await openPicker(scene(), { text: question });
    expect(rowsOf(picker).ids).toEqual([poll.id]);
    const preview = await scene().ask('bulk close', { text: question });
    expect(preview.text).toContain('Close 1 poll');
    await scene().admin.press(preview, 'Cancel');
  });

  function expectSafe(picker: SandboxMessage): void {
    expect(picker.text).not.toMatch(/went wrong/);
    expect(picker.embeds[0]!.description!.split('\n')[0]).toMatch(/^Filters: text: /);
  }

  test('says what was done to very many polls in a few lines', async () => {
    await clear(scene(), by());
    const odd = polls.filter((_poll, index) => index % 2 === 0).map((poll) => poll.id);
    const answer = await scene().ask(
      'bulk selection set',
      { polls: `${odd.join(',')},${Array.from({ length: 400 }, (_, i) => 2_000_000_001 + 2 * i).join(',')}` },
      by(),
    );
    expect(answer.content.length).toBeLessThanOrEqual(2000);
    expect(answer.text).toMatch(/Not found: #2000000001.* and 3\d\d more\./);
    const shown = await scene().ask('bulk selection show', {}, by());
    expect(shown.text).toContain('43 polls selected');
    expect(shown.embeds[0]!.description!.length).toBeLessThanOrEqual(4096);
  });
});
