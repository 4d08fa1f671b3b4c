import { REST } from '@discordjs/rest';
import { afterEach, describe, expect, test } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox/sandbox.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { DeliveryJob, FinalOutcome } from '../../../src/delivery/delivery-batch.ts';
import type { BulkDeletes } from '../../../src/delivery/pace/bulk-delete-choice.ts';
import { Limits } from '../../../src/delivery/pace/limits.ts';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import { restOptions } from '../../../src/delivery/pace/transport.ts';
import { Delivery } from '../../../src/delivery/sending/delivery.ts';
import { freshPglite } from '../../support/pglite-databases.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const day = 86_400_000;
const bulkDelete = { method: 'POST', path: /bulk-delete$/ };

interface Scene {
  readonly db: Db;
  readonly sandbox: Sandbox;
  readonly delivery: Delivery;
  readonly channels: readonly string[];
}

async function setUp(channels = 1, options: SandboxOptions = {}, mayBulk = true): Promise<Scene> {
  const { db, retire } = await freshPglite();
  closing.push(retire);
  const sandbox = await startSandbox({ limits: { scale: 0.05 }, ...options });
  closing.push(() => sandbox.close());
  const guild = sandbox.addGuild({ channels });
  const limits = new Limits();
  const rest = new REST(restOptions({ apiUrl: sandbox.apiUrl, pace: new Pace({ gapMs: 1 }), limits }));
  rest.setToken(sandbox.token);
  const bulkDeletes: BulkDeletes = () => (mayBulk ? guild.id : null);
  const delivery = new Delivery({
    db,
    rest,
    limits,
    clock: systemClock,
    random: Math.random,
    log: createLogger('silent'),
    process: 'test',
    botId: () => sandbox.world.bot.id,
    bulkDeletes,
  });
  closing.push(() => delivery.stop());
  return { db, sandbox, delivery, channels: guild.channels.map(({ id }) => id) };
}

/** Polls that were shown and then deleted, dealt over the channels. `ageMs` of their messages. */
async function deletedPolls(
  { db, sandbox, channels }: Scene,
  count: number,
  ageMs = 0,
): Promise<DeliveryJob[]> {
  sandbox.backdate(ageMs);
  const jobs: DeliveryJob[] = [];
  for (let i = 0; i < count; i += 1) {
    const channelId = channels[i % channels.length]!;
    const message = sandbox.world.addMessage(sandbox.channel(channelId), {
      authorId: sandbox.world.bot.id,
      nonce: null,
      onlyFor: null,
      interactionId: null,
      parts: { ...empty, content: `poll ${i}` },
    });
    const fields = { channel_id: channelId, message_id: message.id, shown_revision: 1 };
    const pollId = await givenPoll(db, fields);
    await bump(db, pollId, { deleted_at: new Date(), sent_revision: 1 });
    jobs.push({ pollId, channelId, messageId: message.id });
  }
  return jobs;
}

const empty = {
  embeds: [],
  components: [],
  attachments: [],
  flags: 0,
  mentions: { everyone: false, users: [], roles: [] },
};

function remove({ delivery }: Scene, jobs: readonly DeliveryJob[]) {
  const outcomes = new Map<number, FinalOutcome>();
  const calls: number[] = [];
  const batch = delivery.start(jobs, {
    repost: false,
    deletes: true,
    settled: async (some, outcome) => {
      calls.push(some.length);
      for (const { pollId } of some) {
        expect(outcomes.has(pollId)).toBe(false);
        outcomes.set(pollId, outcome);
      }
    },
  });
  return { batch, outcomes, calls };
}

async function removeAll(scene: Scene, jobs: readonly DeliveryJob[]) {
  const removing = remove(scene, jobs);
  await removing.batch.finished;
  return removing;
}

function bulkCalls({ sandbox }: Scene) {
  return sandbox.requests.filter(({ path }) => path.endsWith('/bulk-delete'));
}

function singles({ sandbox }: Scene) {
  return sandbox.requests.filter(({ method }) => method === 'DELETE');
}

async function expectAllGone(
  scene: Scene,
  jobs: readonly DeliveryJob[],
  outcomes: Map<number, FinalOutcome>,
) {
  expect([...outcomes.values()].filter(({ type }) => type !== 'done')).toEqual([]);
  expect(outcomes.size).toBe(jobs.length);
  expect(scene.sandbox.messages).toEqual([]);
  expect(scene.sandbox.violations).toEqual([]);
  for (const { pollId } of jobs) {
    const { message_id, shown_revision, revision, sent_revision, sender, message_gone, removal_tried } =
      await pollOf(scene.db, pollId);
    expect({ message_id, shown_revision, sender, message_gone, removal_tried, sent_revision }).toEqual({
      message_id: null,
      shown_revision: revision,
      sent_revision: revision,
      sender: null,
      message_gone: false,
      removal_tried: false,
    });
  }
}

describe('deleting many messages', () => {
  test('takes one request for a hundred young messages of a channel, and records them at once', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 301);
    const { outcomes, calls } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect(bulkCalls(scene)).toHaveLength(3);
    expect(singles(scene)).toHaveLength(1);
    expect(calls.sort((a, b) => a - b)).toEqual([1, 100, 100, 100]);
    expect(scene.sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  test('shares the bulk-deletes of a server between its channels without a refusal', async () => {
    const scene = await setUp(4);
    const jobs = await deletedPolls(scene, 240);
    const { outcomes } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect(bulkCalls(scene)).toHaveLength(4);
    expect(singles(scene)).toEqual([]);
    expect(scene.sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  test('deletes messages of two weeks and more one by one, beside the younger ones', async () => {
    const scene = await setUp();
    const old = await deletedPolls(scene, 7, 14 * day - 30 * 60_000);
    const young = await deletedPolls(scene, 30);
    const { outcomes } = await removeAll(scene, [...old, ...young]);
    await expectAllGone(scene, [...old, ...young], outcomes);
    expect(bulkCalls(scene)).toHaveLength(1);
    expect(singles(scene)).toHaveLength(7);
  });

  test('deletes one by one where the bot may not manage messages', async () => {
    const scene = await setUp(1, {}, false);
    const jobs = await deletedPolls(scene, 12);
    const { outcomes } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect(bulkCalls(scene)).toEqual([]);
  });

  test('goes on one by one where Discord refuses the permission, after one refusal', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 130);
    scene.sandbox.deny(scene.channels[0]!, permission.manageMessages);
    const { outcomes } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect(bulkCalls(scene).map(({ status }) => status)).toEqual([403]);
    expect(singles(scene)).toHaveLength(130);
  });

  test('goes on one by one where Discord calls a message too old after all', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 20);
    scene.sandbox.faults.add({
      match: bulkDelete,
      times: 1,
      status: 400,
      body: { code: 50034, message: 'You can only bulk delete messages that are under 14 days old.' },
    });
    const { outcomes } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect(bulkCalls(scene)).toHaveLength(1);
    expect(singles(scene)).toHaveLength(20);
  });

  test('counts messages that somebody deleted by hand as done', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 25);
    for (const { messageId } of jobs.slice(0, 5)) scene.sandbox.removeMessage(messageId!);
    const { outcomes } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect(bulkCalls(scene)).toHaveLength(1);
  });

  test('repeats a request whose answer was lost, and calls nothing deleted by hand', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 40);
    scene.sandbox.faults.add({ match: bulkDelete, times: 1, loseReply: true });
    const { outcomes } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect([...outcomes.values()].filter((outcome) => 'remark' in outcome)).toEqual([]);
    expect(bulkCalls(scene)).toHaveLength(2);
  });

  test('goes on one by one where the bulk-delete keeps failing, so that only the poll to blame does', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 20);
    scene.sandbox.faults.add({ match: bulkDelete, status: 503 });
    const { outcomes } = await removeAll(scene, jobs);
    await expectAllGone(scene, jobs, outcomes);
    expect(bulkCalls(scene)).toHaveLength(2);
    expect(singles(scene)).toHaveLength(20);
  });

  test('asks once in a channel that the bot may not see, and fails all of it', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 120);
    scene.sandbox.deny(scene.channels[0]!);
    const { outcomes } = await removeAll(scene, jobs);
    expect(outcomes.size).toBe(120);
    const reason = `no access to <#${scene.channels[0]}>`;
    for (const outcome of outcomes.values()) expect(outcome).toMatchObject({ type: 'failed', reason });
    expect(scene.sandbox.requests).toHaveLength(1);
    const poll = await pollOf(scene.db, jobs[0]!.pollId);
    expect(poll).toMatchObject({ message_id: jobs[0]!.messageId, sender: null, parked_code: '50001' });
    expect(poll.sent_revision).toBe(poll.shown_revision);
  });

  test('leaves what another process is sending for to later', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 10);
    const claimed = { sender: 'other', sender_until: new Date(Date.now() + 60_000) };
    await scene.db.updateTable('polls').set(claimed).where('id', '=', jobs[3]!.pollId).execute();
    const { batch, outcomes } = remove(scene, jobs);
    await scene.sandbox.untilRequest(({ path, status }) => path.endsWith('/bulk-delete') && status === 204);
    await expect.poll(() => outcomes.size).toBe(9);
    expect(outcomes.has(jobs[3]!.pollId)).toBe(false);
    await scene.db.updateTable('polls').set({ sender: null }).where('id', '=', jobs[3]!.pollId).execute();
    await batch.finished;
    await expectAllGone(scene, jobs, outcomes);
  });

  test('finishes what is in flight when it is stopped, and touches nothing else', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 250);
    const gate = Promise.withResolvers<void>();
    scene.sandbox.faults.add({ match: bulkDelete, times: 1, after: () => gate.promise });
    const { batch, outcomes } = remove(scene, jobs);
    await scene.sandbox.untilRequest(({ path }) => path.endsWith('/bulk-delete'));
    const stopped = batch.stop();
    gate.resolve();
    await stopped;
    expect(outcomes.size).toBe(100);
    expect(scene.sandbox.messages).toHaveLength(150);
    expect(bulkCalls(scene)).toHaveLength(1);
  });
});

describe('a deleted poll that comes back', () => {
  test('is posted anew where its message may be gone because we removed it', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 2);
    scene.sandbox.faults.add({ match: { method: 'DELETE' }, loseReply: true });
    scene.sandbox.faults.add({ match: bulkDelete, loseReply: true });
    const { batch } = remove(scene, jobs);
    await scene.sandbox.untilRequest(({ status, path }) => status === 0 && path.endsWith('/bulk-delete'));
    await batch.stop();
    scene.sandbox.faults.clear();
    expect(scene.sandbox.messages).toEqual([]);
    for (const { pollId } of jobs) await bump(scene.db, pollId, { deleted_at: null });
    for (const job of jobs) expect(await scene.delivery.deliver(job, 5_000)).toMatchObject({ type: 'done' });
    expect(scene.sandbox.messages).toHaveLength(2);
    expect((await pollOf(scene.db, jobs[0]!.pollId)).message_gone).toBe(false);
  });

  test('is edited where the refused removal left its message', async () => {
    const scene = await setUp();
    const jobs = await deletedPolls(scene, 3);
    scene.sandbox.deny(scene.channels[0]!);
    await removeAll(scene, jobs);
    scene.sandbox.allow(scene.channels[0]!);
    for (const { pollId } of jobs) await bump(scene.db, pollId, { deleted_at: null });
    for (const job of jobs) await scene.delivery.deliver(job, 5_000);
    expect(scene.sandbox.messages.map(({ id }) => id)).toEqual(jobs.map(({ messageId }) => messageId));
    expect(scene.sandbox.messages[0]!.text).toContain('Question');
  });
});
