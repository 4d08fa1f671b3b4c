import { describe, expect, test } from 'vitest';
import { permission } from '../../../sandbox/world/permissions.ts';
import { bump, pollOf } from '../polls.ts';
import { bulkCalls, deletedPolls, expectAllGone, remove, removeAll, setUp, singles } from './deletions.ts';

const day = 86_400_000;
const bulkDelete = { method: 'POST', path: /bulk-delete$/ };

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
    const scene = await setUp({ channels: 4 });
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
    const scene = await setUp({ mayBulk: false });
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
