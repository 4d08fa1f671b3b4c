import { expect, test } from 'vitest';
import { LeaseLostError } from '../../../src/bulk/lifecycle/fence.ts';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import { finishOperation } from '../../../src/bulk/run/finish-operation.ts';
import { settleItems } from '../../../src/bulk/run/settle.ts';
import { castVote } from '../../../src/polls/votes/vote-store.ts';
import { channelId, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { recorded } from '../../support/statements.ts';
import { applyPlanned } from '../apply-planned.ts';
import {
  done,
  interactionId,
  itemStates,
  later,
  operationOf,
  postedPolls,
  running,
} from '../bulk-fixture.ts';
import { pollRow } from '../poll-rows.ts';

describeEachDatabase('applying', (fresh) => {
  test('closes every poll, holds it, and refuses votes from then on', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 450);
    const lease = await running(db);
    await applyPlanned(db, lease);
    const polls = await db.selectFrom('polls').select(['status', 'version', 'revision', 'held_by']).execute();
    expect(polls).toHaveLength(450);
    for (const poll of polls) {
      expect(poll).toEqual({ status: 'closed', version: 2, revision: 2, held_by: lease.operationId });
    }
    const vote = await castVote(db, {
      pollId: ids[0]!,
      position: 0,
      userId: '900000000000000600',
      interactionId: interactionId(),
      serverId,
      channelId,
      messageId: (await pollRow(db, ids[0]!)).message_id!,
    });
    expect(vote.type).toBe('refused');
  });

  test('neither looks at votes nor does its plan, where the change does not depend on them', async () => {
    const { db, statements } = recorded(await fresh());
    await postedPolls(db, 2);
    const before = statements.length;
    await applyPlanned(db, await running(db));
    expect(statements.length).toBeGreaterThan(before);
    expect(statements.slice(before).filter((statement) => /\bvotes\b/.test(statement))).toEqual([]);
  });

  test('of two operations over the same polls gives each poll to one and names it to the other', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 3);
    const first = await running(db);
    const second = await running(db);
    await Promise.all([applyPlanned(db, first), applyPlanned(db, second)]);
    const states = [await itemStates(db, first.operationId), await itemStates(db, second.operationId)];
    for (const id of ids) {
      const pair = states.map((items) => items[id]!);
      expect(pair.filter((state) => state === 'applied')).toHaveLength(1);
      expect(pair.filter((state) => /^skipped: held by Operation #\d+$/.test(state))).toHaveLength(1);
      expect((await pollRow(db, id)).version).toBe(2);
    }
  });

  test('by a process that lost its lease changes nothing', async () => {
    const db = await fresh();
    const [id] = await postedPolls(db, 1);
    const lease = await running(db);
    await db.updateTable('operations').set({ lease_until: null }).execute();
    const [taken] = await takeOver(db, 'another', later);
    await expect(applyPlanned(db, lease)).rejects.toThrow(LeaseLostError);
    expect((await pollRow(db, id!)).status).toBe('active');
    await applyPlanned(db, taken!);
    expect((await pollRow(db, id!)).status).toBe('closed');
    await expect(settleItems(db, lease, { ...done, pollIds: [id!] }, later)).rejects.toThrow(LeaseLostError);
  });

  test('that a pause cut short leaves the operation open, whoever says that it is finished', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await running(db);
    expect(await finishOperation(db, lease, { from: ['running'], result: null }, later)).toBeNull();
    expect(await operationOf(db, lease.operationId)).toMatchObject({ state: 'running', finished_at: null });
  });

  test('skips what was closed or deleted since the preview', async () => {
    const db = await fresh();
    const [a, b] = await postedPolls(db, 2);
    const lease = await running(db);
    await db.updateTable('polls').set({ status: 'closed', version: 2 }).where('id', '=', a!).execute();
    await db.updateTable('polls').set({ deleted_at: later, version: 2 }).where('id', '=', b!).execute();
    await applyPlanned(db, lease);
    expect(await itemStates(db, lease.operationId)).toEqual({
      [a!]: 'skipped: already closed',
      [b!]: 'skipped: deleted meanwhile',
    });
  });
});
