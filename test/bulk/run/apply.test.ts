import { expect, test } from 'vitest';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { cancelOperation } from '../../../src/bulk/lifecycle/control.ts';
import { type Lease, LeaseLostError } from '../../../src/bulk/lifecycle/fence.ts';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import { finishOperation, finishUnreached } from '../../../src/bulk/run/finish-operation.ts';
import { putBack } from '../../../src/bulk/run/put-back.ts';
import { settleItems } from '../../../src/bulk/run/settle.ts';
import type { Db } from '../../../src/db/schema.ts';
import { castVote } from '../../../src/polls/votes/vote-store.ts';
import { channelId, minutes, now, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { recorded } from '../../support/statements.ts';
import { applyPlanned } from '../apply-planned.ts';
import {
  actor,
  interactionId,
  itemStates,
  later,
  operationOf,
  postedPolls,
  processName,
  running,
  start,
} from '../bulk-fixture.ts';

const by = { userId: null, processId: processName };

function apply(db: Db, lease: Lease): Promise<void> {
  return applyPlanned(
    db,
    lease,
    () => later,
    () => true,
  );
}

async function pollRow(db: Db, id: number) {
  return await db.selectFrom('polls').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** As delivery does once Discord has taken the edit. */
async function showNewest(db: Db, id: number): Promise<void> {
  const { revision } = await pollRow(db, id);
  await db
    .updateTable('polls')
    .set({ shown_revision: revision, sent_revision: revision })
    .where('id', '=', id)
    .execute();
}

const done = { state: 'done', code: null, message: null, attempts: 1, remark: null } as const;
const refused = { state: 'failed', code: '50001', message: 'no access', attempts: 1, remark: null } as const;

describeEachDatabase('applying', (fresh) => {
  test('closes every poll, holds it, and refuses votes from then on', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 450);
    const lease = await running(db);
    await apply(db, lease);
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
    await apply(db, await running(db));
    expect(statements.length).toBeGreaterThan(before);
    expect(statements.slice(before).filter((statement) => /\bvotes\b/.test(statement))).toEqual([]);
  });

  test('of two operations over the same polls gives each poll to one and names it to the other', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 3);
    const first = await running(db);
    const second = await running(db);
    await Promise.all([apply(db, first), apply(db, second)]);
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
    await expect(apply(db, lease)).rejects.toThrow(LeaseLostError);
    expect((await pollRow(db, id!)).status).toBe('active');
    await apply(db, taken!);
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
    await apply(db, lease);
    expect(await itemStates(db, lease.operationId)).toEqual({
      [a!]: 'skipped: already closed',
      [b!]: 'skipped: deleted meanwhile',
    });
  });
});

describeEachDatabase('a cancel', (fresh) => {
  test('puts back what no message shows, failed ones included, and leaves done ones closed', async () => {
    const db = await fresh();
    const [shown, waiting, failed, unknown] = (await postedPolls(db, 4)) as [number, number, number, number];
    const before = await pollRow(db, waiting);
    const lease = await running(db);
    await apply(db, lease);
    await showNewest(db, shown);
    await settleItems(db, lease, { ...done, pollIds: [shown] }, later);
    await settleItems(db, lease, { ...refused, pollIds: [failed] }, later);
    await db.updateTable('polls').set({ sent_revision: 2 }).where('id', '=', unknown).execute();
    await cancelOperation(db, lease.operationId, by, later);
    await putBack(db, lease, later);
    await finishOperation(db, lease, { from: ['cancelling'], result: 'cancelled' }, later);

    expect((await pollRow(db, shown)).status).toBe('closed');
    expect(await pollRow(db, waiting)).toEqual({
      ...before,
      version: 3,
      revision: 3,
      shown_revision: 3,
      sent_revision: 3,
    });
    expect((await pollRow(db, failed)).status).toBe('active');
    // Its message may show the closed poll: it is edited again.
    const again = await pollRow(db, unknown);
    expect(again.status).toBe('active');
    expect(again.shown_revision).toBeLessThan(again.revision);
    expect(await itemStates(db, lease.operationId)).toEqual({
      [shown]: 'done',
      [waiting]: 'skipped: cancelled, put back',
      [failed]: 'skipped: cancelled, put back',
      [unknown]: 'skipped: cancelled, put back',
    });
    expect(
      (await db.selectFrom('polls').select('id').where('held_by', 'is not', null).execute()).length,
    ).toBe(0);
  });

  test('does not touch a poll that somebody changed after it had failed', async () => {
    const db = await fresh();
    const [id] = await postedPolls(db, 1);
    const lease = await running(db);
    await apply(db, lease);
    await settleItems(db, lease, { ...refused, pollIds: [id!] }, later);
    await db.updateTable('polls').set({ status: 'scheduled', version: 3 }).where('id', '=', id!).execute();
    await cancelOperation(db, lease.operationId, by, later);
    await putBack(db, lease, later);
    expect((await pollRow(db, id!)).status).toBe('scheduled');
    expect(await itemStates(db, lease.operationId)).toEqual({
      [id!]: 'skipped: cancelled; changed meanwhile, so left as it is',
    });
  });
});

describeEachDatabase('a retry', (fresh) => {
  async function withFailures(db: Db) {
    const [ok, failed, changed] = (await postedPolls(db, 3)) as [number, number, number];
    const lease = await running(db);
    await apply(db, lease);
    await showNewest(db, ok);
    await settleItems(db, lease, { ...done, pollIds: [ok] }, later);
    await settleItems(db, lease, { ...refused, pollIds: [failed, changed] }, later);
    const original = await finishOperation(db, lease, { from: ['running'], result: null }, later);
    return { original: original!, failed, changed };
  }
  const request = () => ({ actor: actor(), serverId, channelId, locale: 'en-US', processId: processName });

  test('takes exactly the failed polls, brings their messages up to date, and skips what changed since', async () => {
    const db = await fresh();
    const { original, failed, changed } = await withFailures(db);
    expect(original.state).toBe('completed with failures');
    await db.updateTable('polls').set({ status: 'active', version: 3 }).where('id', '=', changed).execute();
    const retry = (await startRetry(db, original, request(), later))!;
    expect(retry.total).toBe(2);
    const lease = await start(db, retry);
    await apply(db, lease);
    expect(await itemStates(db, retry.id)).toEqual({
      [failed]: 'applied',
      [changed]: `skipped: changed since Operation #${original.id}`,
    });
    expect(await pollRow(db, failed)).toMatchObject({ status: 'closed', version: 2, held_by: retry.id });
  });

  test('starts once, however often it is pressed', async () => {
    const db = await fresh();
    const { original } = await withFailures(db);
    const first = request();
    const retry = (await startRetry(db, original, first, later))!;
    expect(await startRetry(db, original, first, later)).toBeNull();
    await expect(startRetry(db, original, request(), later)).rejects.toThrow(
      `already retried by Operation #${retry.id}`,
    );
  });

  test('of polls that were never reached changes them', async () => {
    const db = await fresh();
    const [id] = await postedPolls(db, 1);
    const lease = await running(db);
    const failure = { code: 'timeout', message: 'too late' };
    const ending = { from: ['running'], result: 'timed out', failure } as const;
    const original = (await finishUnreached(db, lease, ending, later))!;
    const retry = (await startRetry(db, original, request(), later))!;
    await apply(db, await start(db, retry));
    expect((await pollRow(db, id!)).status).toBe('closed');
    expect((await operationOf(db, retry.id)).retry_of).toBe(original.id);
  });

  test('in a retry leaves alone a poll that was never reached and that the time or its votes forbid by now', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const settings = operationKind('settings');
    const params = { asked_at: now.toISOString(), closes: '1h', clear_ping_role: false };
    const first = await running(db, { kind: settings, params });
    const failure = { code: 'timeout', message: 'not reached' };
    const ending = { from: ['running'], result: 'timed out', failure } as const;
    const ended = await finishUnreached(db, first, ending, later);
    const press = { actor: actor(), serverId, channelId, locale: 'en-US', processId: processName };
    const again = await start(db, (await startRetry(db, ended!, press, later))!);
    await applyPlanned(
      db,
      again,
      () => minutes(90),
      () => true,
    );
    const skipped = 'skipped: the closing time asked for has passed';
    expect(await itemStates(db, again.operationId)).toEqual({ [ids[0]!]: skipped, [ids[1]!]: skipped });
  });
});
