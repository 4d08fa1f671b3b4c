import { expect, test } from 'vitest';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import { finishOperation, finishUnreached } from '../../../src/bulk/run/finish-operation.ts';
import { settleItems } from '../../../src/bulk/run/settle.ts';
import type { Db } from '../../../src/db/schema.ts';
import { minutes, now } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import {
  done,
  itemStates,
  later,
  operationOf,
  postedPolls,
  refused,
  retryRequest,
  running,
  start,
} from '../bulk-fixture.ts';
import { pollRow, showNewest } from '../poll-rows.ts';

describeEachDatabase('a retry', (fresh) => {
  async function withFailures(db: Db) {
    const [ok, failed, changed] = (await postedPolls(db, 3)) as [number, number, number];
    const lease = await running(db);
    await applyPlanned(db, lease);
    await showNewest(db, ok);
    await settleItems(db, lease, { ...done, pollIds: [ok] }, later);
    await settleItems(db, lease, { ...refused, pollIds: [failed, changed] }, later);
    const original = await finishOperation(db, lease, { from: ['running'], result: null }, later);
    return { original: original!, failed, changed };
  }
  test('takes exactly the failed polls, brings their messages up to date, and skips what changed since', async () => {
    const db = await fresh();
    const { original, failed, changed } = await withFailures(db);
    expect(original.state).toBe('completed with failures');
    await db.updateTable('polls').set({ status: 'active', version: 3 }).where('id', '=', changed).execute();
    const retry = (await startRetry(db, original, retryRequest(), later))!;
    expect(retry.total).toBe(2);
    const lease = await start(db, retry);
    await applyPlanned(db, lease);
    expect(await itemStates(db, retry.id)).toEqual({
      [failed]: 'applied',
      [changed]: `skipped: changed since Operation #${original.id}`,
    });
    expect(await pollRow(db, failed)).toMatchObject({ status: 'closed', version: 2, held_by: retry.id });
  });

  test('starts once, however often it is pressed', async () => {
    const db = await fresh();
    const { original } = await withFailures(db);
    const first = retryRequest();
    const retry = (await startRetry(db, original, first, later))!;
    expect(await startRetry(db, original, first, later)).toBeNull();
    await expect(startRetry(db, original, retryRequest(), later)).rejects.toThrow(
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
    const retry = (await startRetry(db, original, retryRequest(), later))!;
    await applyPlanned(db, await start(db, retry));
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
    const again = await start(db, (await startRetry(db, ended!, retryRequest(), later))!);
    await applyPlanned(db, again, { now: () => minutes(90) });
    const skipped = 'skipped: the closing time asked for has passed';
    expect(await itemStates(db, again.operationId)).toEqual({ [ids[0]!]: skipped, [ids[1]!]: skipped });
  });
});
