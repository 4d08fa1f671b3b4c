import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { BotProcess } from '../../../sandbox/machine/bot-process.ts';
import type { Reply } from '../../../sandbox/people/reply.ts';
import { type BotScene, startScene } from '../../support/bot-scene.ts';
import { isClosed, numberOf, resultOf } from '../progress-frames.ts';
import { expectCarriedOut, expectShownOnce, expectVersions } from '../support/carried-out.ts';
import { letLeasesRunOut, pollEdit } from '../support/crash.ts';

let scene: BotScene;

beforeAll(async () => {
  scene = await startScene({
    database: 'postgres',
    processes: 2,
    channels: 3,
    sandbox: { limits: { scale: 0.05 }, latency: [2, 20] },
  });
});
afterAll(() => scene?.close());

afterEach(() => {
  expect(scene.sandbox.violations).toEqual([]);
  expect(scene.processes.map((bot) => bot.problems()).filter(Boolean)).toEqual([]);
});

/** All messages that came of it. */
function answersTo(reply: Reply) {
  return scene.sandbox.messages.filter((message) => message.interactionId === reply.interaction.id);
}

test('both hear of every command, and each poll is created once', async () => {
  expect(scene.sandbox.gateway.connected).toBe(2);
  const polls = await scene.createPolls(20);
  expectShownOnce(scene, polls);
  expect(new Set(polls.map(({ id }) => id)).size).toBe(20);
  const [row] = await scene.inDatabase((db) =>
    db
      .selectFrom('polls')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .execute(),
  );
  expect(Number(row!.count)).toBe(20);
});

test('a vote counts once, also when Discord delivers it twice to both', async () => {
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  const voters = Array.from({ length: 12 }, (_, index) => scene.sandbox.person({ name: `Voter ${index}` }));
  scene.sandbox.gateway.deliveries = 2;
  try {
    const replies = await Promise.all(voters.map((voter) => voter.press(poll.message, 'Tea')));
    for (const reply of replies) expect((await reply.message()).text).toContain('Tea');
    for (const reply of replies) expect(answersTo(reply)).toHaveLength(1);
  } finally {
    scene.sandbox.gateway.deliveries = 1;
  }
  const rows = await scene.inDatabase((db) =>
    db.selectFrom('votes').select('user_id').where('poll_id', '=', poll.id).execute(),
  );
  expect(rows.map((row) => row.user_id).sort()).toEqual(voters.map(({ id }) => id).sort());
  await poll.message.until(({ text }) => /\b12\b/.test(text));
});

test('a refusal is said once', async () => {
  const stranger = scene.sandbox.person({ name: 'Stranger' });
  const reply = await stranger.slash(scene.guild.channels[0]!, 'bulk close', { polls: '1' });
  expect((await reply.message()).ephemeral).toBe(true);
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  const preview = await scene.preview('close', { polls: String(poll.id) });
  const press = await stranger.pressCustomId(preview, preview.button('Confirm')!.custom_id!);
  expect((await press.message()).ephemeral).toBe(true);
  for (const one of [reply, press]) {
    expect(answersTo(one)).toHaveLength(1);
    expect(one.followUps).toEqual(one.followUps.slice(0, 1));
  }
});

test.for([1, 2, 3, 4])(
  'a Confirm starts one operation with one public progress message (round %i)',
  async () => {
    const polls = await scene.createPolls(6);
    const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
    const since = scene.sandbox.requests.length;
    const reply = await scene.admin.press(preview, 'Confirm');
    const progress = await reply.message();
    expect(progress.ephemeral).toBe(false);
    await expectCarriedOut(scene, numberOf(progress), { polls, since });
    await expectVersions(scene, polls, { version: 2, status: 'closed' });
    const started = await scene.inDatabase((db) =>
      db
        .selectFrom('operations')
        .select('id')
        .where('confirmed_interaction_id', '=', reply.interaction.id)
        .execute(),
    );
    expect(started).toEqual([{ id: numberOf(progress) }]);
    await preview.until(({ buttons }) => buttons.length === 0);
  },
);

test('two presses of Confirm start one operation, and one of them is told so', async () => {
  const polls = await scene.createPolls(6);
  const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
  const since = scene.sandbox.requests.length;
  const pressed = [scene.admin.press(preview, 'Confirm'), scene.admin.press(preview, 'Confirm')];
  const answers = await Promise.all((await Promise.all(pressed)).map((reply) => reply.message()));
  const progress = answers.filter((message) => message.field('Waiting') !== undefined);
  expect(progress).toHaveLength(1);
  expect(answers.find((message) => message !== progress[0])?.text).toContain('already used');
  await expectCarriedOut(scene, numberOf(progress[0]!), { polls, since });
});

test('Pause and Resume by whichever process take effect once', async () => {
  const polls = await scene.createPolls(9);
  const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
  const held = scene.sandbox.faults.hold(pollEdit(polls), { pass: 2 });
  const progress = await (await scene.admin.press(preview, 'Confirm')).message();
  await held.reached;
  const press = async (label: string) => {
    const reply = await scene.admin.press(progress, label);
    const { text } = await reply.message();
    expect(answersTo(reply)).toHaveLength(1);
    return text;
  };
  expect(await press('Pause')).toContain('is paused');
  held.release();
  await progress.until(({ embeds }) => embeds[0]?.title?.includes('paused') ?? false);
  expect(await press('Resume')).toContain('goes on');
  const { word } = await resultOf(progress);
  expect(word).toBe('completed');
  await expectVersions(scene, polls, { version: 2, status: 'closed' });
});

/** Runs a close until a few edits are done and the next ones are held; tells who owns it. */
async function halfWay(count: number) {
  const polls = await scene.createPolls(count);
  const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
  const since = scene.sandbox.requests.length;
  const held = scene.sandbox.faults.hold(pollEdit(polls), { pass: 4 });
  const progress = await (await scene.admin.press(preview, 'Confirm')).message();
  await held.reached;
  const operation = numberOf(progress);
  const { owner } = await scene.inDatabase((db) =>
    db.selectFrom('operations').select('owner').where('id', '=', operation).executeTakeFirstOrThrow(),
  );
  const pid = Number(owner?.split('/')[1]);
  const bot = scene.processes.find(({ child }) => child.pid === pid) as BotProcess;
  return { polls, since, held, progress, operation, bot };
}

test('an owner that sleeps through its lease harms nothing when it wakes', async () => {
  const { polls, since, held, progress, operation, bot } = await halfWay(12);
  bot.child.kill('SIGSTOP');
  held.release();
  await letLeasesRunOut(scene);
  await expectCarriedOut(scene, operation, { polls, since });
  // Meanwhile it also slept through a vote, which the other counted.
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  await scene.admin.press(poll.message, 'Tea');
  bot.child.kill('SIGCONT');
  await bot.logged(`operation ${operation} now belongs to another process`);
  await scene.admin.slash(scene.guild.channels[0]!, 'poll list');
  const votes = await scene.inDatabase((db) =>
    db.selectFrom('votes').selectAll().where('poll_id', '=', poll.id).execute(),
  );
  expect(votes).toHaveLength(1);
  expect(progress.embeds[0]?.title).toMatch(/· completed$/);
  // What it had under way when it fell asleep is shown once more.
  await expect
    .poll(
      () => scene.inDatabase((db) => sql`select from polls where shown_revision < revision`.execute(db)),
      {
        timeout: 20_000,
      },
    )
    .toMatchObject({ rows: [] });
  expect(polls.filter(({ message }) => !isClosed(message))).toEqual([]);
  // What it sent too late is shown once more, since nobody knows which came last.
  const behind = () =>
    scene.inDatabase((db) =>
      db.selectFrom('polls').select('id').whereRef('shown_revision', '<', 'revision').execute(),
    );
  await expect.poll(behind, { timeout: 20_000 }).toEqual([]);
  await expectVersions(scene, polls, { version: 2, status: 'closed' });
});

test('an owner that is asked to end hands its operation over at once', async () => {
  const { polls, since, held, progress, operation, bot } = await halfWay(12);
  held.release();
  expect(await bot.kill('SIGTERM')).toBe(0);
  expect(await expectCarriedOut(scene, operation, { polls, since })).toBe(progress);
  await scene.start();
});

test('an owner that dies is replaced by the other process within 40 seconds, with the same message', async () => {
  const { polls, since, held, progress, operation, bot } = await halfWay(12);
  const diedAt = Date.now();
  await bot.kill('SIGKILL');
  held.release();
  expect(await expectCarriedOut(scene, operation, { polls, since })).toBe(progress);
  expect(progress.versions.at(-1)!.at - diedAt).toBeLessThanOrEqual(40_000);
  await expectVersions(scene, polls, { version: 2, status: 'closed' });
  await scene.start();
});
