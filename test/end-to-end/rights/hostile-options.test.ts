import { expect, test } from 'vitest';
import type { OptionValues } from '../../../sandbox/people/slash-data.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowScene } from '../flow-scene.ts';
import { isOpen } from '../progress-frames.ts';

const longest = 'x'.repeat(6000);
/** What may stand in any text option. */
const nasty: readonly string[] = [
  ...hostileTexts.map(([, text]) => text),
  '',
  ' ',
  '\u0000',
  '\u200B',
  longest,
  '😀'.repeat(3000),
  "'; drop table polls; --",
  '%_\\%',
  '<@everyone>',
  '__proto__',
  'null',
  'NaN',
  '-1',
  '99999999999999999999',
];

/** A private answer that says something, in words meant for people. */
function expectSane(what: unknown, answer: SandboxMessage): void {
  const told = [what, answer.ephemeral, answer.text.length > 10, answer.text.length < 6000];
  expect(told).toEqual([what, true, true, true]);
  expect([
    what,
    /Something went wrong|undefined|\[object|NaN:|syntax|\bat \S+\.ts/.exec(answer.text)?.[0],
  ]).toEqual([what, undefined]);
}

async function ask(scene: FlowScene, command: string, options: OptionValues): Promise<SandboxMessage> {
  const reply = await scene.admin.slash(scene.channel('general'), command, options, { force: true });
  const answer = await reply.message();
  expectSane([command, options], answer);
  return answer;
}

/** Throws the preview away, so that nothing of one case reaches the next. */
async function dismiss(scene: FlowScene, answer: SandboxMessage): Promise<void> {
  if (answer.button('Cancel')) await scene.admin.press(answer, 'Cancel');
}

describeFlow('hostile options', { bulk: { maxPolls: 50 }, databases: ['pglite', 'postgres'] }, (scene) => {
  for (const option of ['polls', 'status', 'server', 'text', 'created_before', 'created_after']) {
    test(`of /bulk close ${option} get a clear private answer`, async () => {
      const poll = await scene().poll(scene().channel('votes'));
      for (const value of nasty)
        await dismiss(scene(), await ask(scene(), 'bulk close', { [option]: value }));
      expect(isOpen(poll.message)).toBe(true);
    });
  }

  test('of /bulk select get a picker or a clear private answer, whose controls work', async () => {
    const { admin } = scene();
    await scene().poll(scene().channel('votes'));
    for (const option of ['polls', 'status', 'server', 'text', 'created_before', 'created_after']) {
      for (const value of nasty) {
        const answer = await ask(scene(), 'bulk select', { [option]: value });
        if (answer.button('Clear') === undefined) continue;
        await admin.choose(answer, 'Sort', ['oldest']);
        expectSane([option, value, 'sorted'], answer);
      }
    }
  });

  test('of /bulk selection are refused or named, and leave the selection as it was', async () => {
    await ask(scene(), 'bulk selection clear', {});
    for (const command of ['add', 'remove', 'set']) {
      for (const polls of nasty) await ask(scene(), `bulk selection ${command}`, { polls });
    }
    expect((await ask(scene(), 'bulk selection show', {})).text).toContain('0 polls selected');
  });

  test('of /bulk close polls say what is wrong with them', async () => {
    const refusal = async (polls: string) => (await ask(scene(), 'bulk close', { polls })).text;
    expect(await refusal('1-999999999')).toMatch(/more than 50 polls.*at most 50/);
    expect(await refusal('99-1')).toContain('runs backwards: write `1-99`');
    expect(await refusal('-5')).toContain('is no poll number');
    expect(await refusal('0')).toContain('There is no poll #0');
    expect(await refusal('1,,x')).toContain('"x" is no poll number');
    expect(await refusal('<@everyone>')).toContain('is no poll number');
    expect(await refusal('99999999999')).toMatch(/no poll #99999999999/i);
    expect(await refusal('1-2-3')).toContain('is no poll number');
    expect(await refusal('12.5')).toContain('is no poll number');
    expect(await refusal(' , ; ')).toContain('`polls` is empty');
  });

  test('of /bulk close times say what is wrong with them', async () => {
    const refusal = async (created_before: string) =>
      (await ask(scene(), 'bulk close', { created_before })).text;
    expect(await refusal('yesterday')).toContain('is no time. Write a date');
    expect(await refusal('2026-02-30')).toContain('is no date or time that exists');
    expect(await refusal('9999-12-31')).toContain('outside the years');
    expect(await refusal('0d')).toContain('longer than nothing');
    expect(await refusal('99999999d')).toContain('at most 3650 days');
  });

  test('of /bulk close reason are shown harmlessly or refused', async () => {
    const [poll] = await scene().polls(1, [scene().channel('votes')]);
    for (const reason of nasty) {
      const answer = await ask(scene(), 'bulk close', { polls: String(poll!.id), reason });
      expect(answer.button('Confirm') !== undefined).toBe(reason.length <= 300);
      if (reason.length > 300)
        expect(answer.text).toContain(`\`reason\` is ${reason.length} characters long`);
      await dismiss(scene(), answer);
    }
  });

  test('of operation get “not found” or nothing', async () => {
    for (const command of ['progress', 'cancel', 'retry', 'report']) {
      for (const operation of [0, -1, 999_999, 2_147_483_648, 9_007_199_254_740_991, 1e21]) {
        const answer = await ask(scene(), `bulk ${command}`, { operation });
        expect(answer.text).toContain('was not found');
      }
    }
  });

  test('of the subcommands about operations say what is allowed', async () => {
    const polls = await scene().polls(1, [scene().channel('votes')]);
    const progress = await scene().begin(polls);
    const operation = Number(/Operation #(\d+)/.exec(progress.text)![1]);
    const cases: [string, OptionValues, RegExp][] = [
      ...[0, -1, 26, 1e9].map((limit) => ['bulk history', { limit }, /`limit` must be .* 1 to 25/] as const),
      ...[-1, 1e12].map((offset) => ['bulk history', { offset }, /`offset` must be .* 0 to/] as const),
      ...[0, -5, 3651, 1e15].map((days) => ['bulk stats', { days }, /`days` must be .* 1 to 3650/] as const),
      ['bulk history', { type: 'pin' }, /"pin" is no `type`\. Allowed are `close`, `delete`/],
      ['bulk history', { status: 'done' }, /"done" is no `status`\. Allowed are `completed`/],
      ['bulk report', { operation, format: 'xml' }, /"xml" is no `format`\. Allowed are `csv`, `json`/],
    ].map(([command, options, words]) => [command, options, words] as [string, OptionValues, RegExp]);
    for (const [command, options, words] of cases)
      expect((await ask(scene(), command, options)).text).toMatch(words);
  });

  test('of autocomplete break nothing', async () => {
    const place = scene().channel('general');
    for (const value of nasty) {
      for (const [command, option] of [
        ['bulk close', 'server'],
        ['bulk progress', 'operation'],
      ] as const) {
        const choices = await scene().admin.autocomplete(place, command, { [option]: value }, option);
        expect(choices.length).toBeLessThanOrEqual(25);
      }
    }
  });
});

describeFlow('hostile options of /poll', { databases: ['pglite', 'postgres'] }, (scene) => {
  const create = (options: OptionValues) =>
    ask(scene(), 'poll create', { question: 'Fine?', options: 'A | B', ...options });

  test('in question and options are posted harmlessly or refused', async () => {
    for (const text of nasty) {
      const asked = await create({ question: text });
      const created = /#\d+ .*https:/s.test(asked.text);
      const offered = await create({ options: `${text} | other` });
      if (text.length > 1000) expect(created).toBe(false);
      expect([text.slice(0, 20), offered.text]).toEqual([text.slice(0, 20), expect.any(String)]);
    }
    // Whatever was posted can be closed again and shown.
    const listed = await ask(scene(), 'poll list', {});
    for (const [, id] of listed.text.matchAll(/\*\*#(\d+)\*\*/g)) {
      expectSane(id, await scene().ask('poll show', { poll: Number(id) }));
    }
    const preview = await ask(scene(), 'bulk close', { status: 'active' });
    await dismiss(scene(), preview);
  });

  test('say what is wrong with them', async () => {
    const cases: [OptionValues, RegExp][] = [
      [{ question: ' ' }, /question is empty/],
      [{ question: longest }, /6000 characters long; at most 1000/],
      [{ options: 'only one' }, /2 to 20 options/],
      [{ options: Array.from({ length: 21 }, (_, i) => `o${i}`).join('|') }, /These are 21/],
      [{ options: 'A | A' }, /are the same/],
      [{ options: 'A | ' }, /Option 2 is empty/],
      [{ options: `A | ${'y'.repeat(201)}` }, /Option 2 is 201 characters/],
      [{ opens: '2001-01-01' }, /in the past/],
      [{ closes: '2001-01-01 12:00' }, /in the past/],
      [{ opens: '3d', closes: '2d' }, /is not after/],
      [{ closes: 'soon' }, /is no time/],
      [{ closes: '-3d' }, /is no time/],
      [{ closes: '99999999999999d' }, /no time|at most/],
      [{ timezone: 'Mars/Olympus' }, /is no time zone/],
      [{ timezone: longest }, /is no time zone/],
      [{ timezone: '../../etc/passwd' }, /is no time zone/],
      [{ max_choices: 0 }, /must be 1 to 2/],
      [{ max_choices: -5 }, /must be 1 to 2/],
      [{ max_choices: 3 }, /must be 1 to 2/],
      [{ max_choices: 9_007_199_254_740_991 }, /must be 1 to 2/],
      [{ ping_role: scene().guild.id }, /cannot be @\u200Beveryone/],
    ];
    for (const [options, wanted] of cases) {
      const answer = await create(options);
      expect([options, answer.text]).toEqual([options, expect.stringMatching(wanted)]);
      expect(answer.text).not.toContain('https://discord.com');
    }
  });

  test('that name polls which cannot be get “not found”', async () => {
    for (const poll of [0, -1, 999_999, 2_147_483_648, 9_007_199_254_740_991, 1e21]) {
      for (const command of ['poll show', 'poll close']) {
        expect((await ask(scene(), command, { poll })).text).toContain('was not found');
      }
    }
    for (const status of nasty) await ask(scene(), 'poll list', { status });
  });

  test('are refused where the bot or the admin may not post or mention', async () => {
    const { guild, sandbox } = scene();
    const shut = guild.addChannel('no-entry');
    sandbox.deny(shut.id);
    expect((await create({ channel: shut.id })).text).toMatch(/no access|cannot post|lacks/i);
    const role = guild.addRole('Staff');
    expect((await create({ ping_role: role.id })).text).toContain('You may not mention');
  });
});
