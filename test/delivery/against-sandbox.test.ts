import { describe, expect, test } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Db } from '../../src/db/schema.ts';
import type { DeliveryJob, FinalOutcome } from '../../src/delivery/delivery-batch.ts';
import type { Delivery } from '../../src/delivery/sending/delivery.ts';
import { bump, givenPoll, pollOf } from './polls.ts';
import { sandboxDelivery } from './sandbox-delivery.ts';

async function polls(db: Db, count: number, channels: readonly string[]): Promise<DeliveryJob[]> {
  const jobs: DeliveryJob[] = [];
  for (let i = 0; i < count; i += 1) {
    const channelId = channels[i % channels.length]!;
    jobs.push({ pollId: await givenPoll(db, { channel_id: channelId }), channelId, messageId: null });
  }
  return jobs;
}

async function show(delivery: Delivery, jobs: readonly DeliveryJob[], repost = false) {
  const outcomes = new Map<number, FinalOutcome>();
  const batch = delivery.startBatch(jobs, {
    repost,
    settled: async (some, outcome) => {
      for (const { pollId } of some) outcomes.set(pollId, outcome);
    },
  });
  await batch.finished;
  return outcomes;
}

async function closeAll(db: Db, jobs: readonly DeliveryJob[]): Promise<DeliveryJob[]> {
  for (const { pollId } of jobs) await bump(db, pollId, { status: 'closed', closed_at: new Date() });
  return await Promise.all(
    jobs.map(async (job) => ({ ...job, messageId: (await pollOf(db, job.pollId)).message_id })),
  );
}

function statuses(sandbox: Sandbox, status: number) {
  return sandbox.requests.filter((request) => request.status === status).length;
}

describe('delivery against the sandbox', () => {
  test('posts, edits and deletes within the limits, without a single refusal', async () => {
    const { db, sandbox, delivery, channels } = await sandboxDelivery(4, {
      limits: { scale: 0.2 },
      latency: 20,
    });
    const jobs = await polls(db, 40, channels);
    const posted = await show(delivery, jobs);
    expect([...posted.values()].every(({ type }) => type === 'done')).toBe(true);
    const closed = await show(delivery, await closeAll(db, jobs));
    expect([...closed.values()].every(({ type }) => type === 'done')).toBe(true);
    expect(sandbox.messages).toHaveLength(40);
    expect(sandbox.messages.every((message) => JSON.stringify(message).includes('closed'))).toBe(true);
    for (const { pollId } of jobs) await bump(db, pollId, { deleted_at: new Date() });
    await show(delivery, jobs);
    expect(sandbox.messages).toEqual([]);
    expect(statuses(sandbox, 429)).toBe(0);
    expect(sandbox.violations).toEqual([]);
  });

  test('waits out an outage that comes in the middle, and fails nothing', async () => {
    const { db, sandbox, delivery, channels } = await sandboxDelivery(6, {
      limits: { scale: 0.05 },
      latency: 5,
    });
    const jobs = await polls(db, 60, channels);
    const showing = show(delivery, jobs);
    await sandbox.untilRequest(() => statuses(sandbox, 200) >= 10);
    sandbox.outage('503');
    await sandbox.untilRequest(() => statuses(sandbox, 503) >= 6);
    sandbox.outage(false);
    const outcomes = await showing;
    expect(outcomes.size).toBe(60);
    expect([...outcomes.values()].every(({ type }) => type === 'done')).toBe(true);
    expect(sandbox.messages).toHaveLength(60);
  });

  test('posts each poll once whatever answers are lost', async () => {
    const { db, sandbox, delivery, channels } = await sandboxDelivery(3, { limits: { scale: 0.05 } });
    const jobs = await polls(db, 15, channels);
    sandbox.faults.add({ match: { method: 'POST' }, loseReply: true, times: 4 });
    sandbox.faults.add({ match: { method: 'POST' }, loseRequest: true, times: 2, skip: 3 });
    await show(delivery, jobs);
    expect(sandbox.messages).toHaveLength(15);
    for (const { pollId } of jobs) {
      const { message_id, shown_revision } = await pollOf(db, pollId);
      expect(sandbox.messages.some(({ id }) => id === message_id)).toBe(true);
      expect(shown_revision).toBe(1);
    }
  });

  test('asks once in a channel that the bot may not see, and names it', async () => {
    const { db, sandbox, delivery, channels } = await sandboxDelivery(2, { limits: { scale: 0.05 } });
    const [hidden, open] = channels;
    const jobs = await polls(db, 20, [hidden!, open!]);
    await show(delivery, jobs);
    const closing = await closeAll(db, jobs);
    sandbox.deny(hidden!);
    sandbox.clearLog();
    const outcomes = [...(await show(delivery, closing)).values()];
    const failed = outcomes.filter((outcome) => outcome.type === 'failed');
    expect(failed).toHaveLength(10);
    expect(new Set(failed.map((outcome) => outcome.type === 'failed' && outcome.reason))).toEqual(
      new Set([`no access to <#${hidden}>`]),
    );
    expect(statuses(sandbox, 403)).toBe(1);
  });

  test('edits all others of a channel where one message was published and takes no more', async () => {
    const { db, sandbox, delivery, channels } = await sandboxDelivery(1, { limits: { scale: 0.05 } });
    const jobs = await polls(db, 10, channels);
    await show(delivery, jobs);
    const [published] = jobs;
    sandbox.publish((await pollOf(db, published!.pollId)).message_id!);
    for (let edit = 0; edit < 3; edit += 1) {
      const outcomes = [...(await show(delivery, await closeAll(db, jobs))).values()];
      expect(outcomes.every(({ type }) => type === 'done')).toBe(true);
    }
    const outcomes = await show(delivery, await closeAll(db, jobs));
    expect(outcomes.get(published!.pollId)).toMatchObject({
      type: 'failed',
      scope: 'poll',
      reason: 'its message is published; Discord takes about 3 edits an hour of it, try again in 5 min',
    });
    outcomes.delete(published!.pollId);
    expect(outcomes.size).toBe(9);
    expect([...outcomes.values()].every(({ type }) => type === 'done')).toBe(true);
    expect(statuses(sandbox, 429)).toBe(1);
  });
});
