import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import { appendAudit } from '../audit/audit.ts';
import { outcomeFacts } from '../audit/audit-facts.ts';
import { type Lease, lockOperation } from '../lifecycle/fence.ts';
import { type OperationRow, type OperationState, type ResultState, resultOf } from '../operation.ts';
import { countItems } from '../operation-store.ts';
import { releaseHolds } from './put-back.ts';

/** What is recorded of polls whose outcome is known. */
export interface Settlement {
  readonly state: 'done' | 'failed';
  readonly code: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly remark: string | null;
}

/** Why a poll failed. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Records the outcome of applied polls and lets go of them. Throws `LeaseLostError`. */
export async function settleItems(
  db: Db,
  lease: Lease,
  pollIds: readonly number[],
  settlement: Settlement,
  now: Date,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await lockOperation(trx, lease);
    const ids = [...pollIds];
    await sql`
      update operation_items set state = ${settlement.state}, code = ${settlement.code}, message = ${settlement.message},
        attempts = attempts + ${settlement.attempts}, remark = ${settlement.remark}, finished_at = ${now}
      where operation_id = ${lease.operationId} and poll_id = any(${ids}::int[]) and state = 'applied'`.execute(
      trx,
    );
    await sql`update polls set held_by = null
      where id = any(${ids}::int[]) and held_by = ${lease.operationId}`.execute(trx);
  });
}

/** Polls that are still open when an operation ends without them; how many there were. */
export async function failOpenItems(db: Db, lease: Lease, failure: Failure, now: Date): Promise<number> {
  return await inTransaction(db, async (trx) => {
    await lockOperation(trx, lease);
    const { numUpdatedRows } = await trx
      .updateTable('operation_items')
      .set({ state: 'failed', code: failure.code, message: failure.message, finished_at: now })
      .where('operation_id', '=', lease.operationId)
      .where('state', 'in', ['planned', 'applied'])
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  });
}

/**
 * Ends the operation in one commit: polls that are still open fail with `failure`, and `result` says so. Where none was open,
 * everything had been done in time, and the counts give the word. Null as `finishOperation`.
 */
export async function finishUnreached(
  db: Db,
  lease: Lease,
  from: readonly OperationState[],
  ending: { result: 'timed out' | 'failed'; failure: Failure; abortReason?: string },
  now: Date,
): Promise<OperationRow | null> {
  return await inTransaction(db, async (trx) => {
    const { state } = await lockOperation(trx, lease);
    if (!from.includes(state)) return null;
    const open = await failOpenItems(trx, lease, ending.failure, now);
    return open > 0
      ? await finishOperation(trx, lease, from, ending.result, now, ending.abortReason)
      : await finishOperation(trx, lease, from, null, now);
  });
}

/**
 * Ends the operation from one of the states `from`: `result`, or what the counts say. Returns null, and changes
 * nothing, where it is in another state meanwhile (a cancel came first), or where the counts say that polls still wait.
 */
export async function finishOperation(
  db: Db,
  lease: Lease,
  from: readonly OperationState[],
  result: Exclude<ResultState, 'completed' | 'completed with failures'> | null,
  now: Date,
  abortReason: string | null = null,
): Promise<OperationRow | null> {
  return await inTransaction(db, async (trx) => {
    const operation = await lockOperation(trx, lease);
    if (!from.includes(operation.state)) return null;
    const { failed, done, skipped, planned, applied } = await countItems(trx, lease.operationId);
    // A pause and a resume in quick succession can end the work before all of it was begun.
    if (result === null && planned + applied > 0) return null;
    const state = result ?? resultOf({ failed });
    await releaseHolds(trx, lease.operationId);
    const finished = await trx
      .updateTable('operations')
      .set({ state, finished_at: now, failure: abortReason })
      .where('id', '=', lease.operationId)
      .returningAll()
      .executeTakeFirstOrThrow();
    await appendAudit(trx, now, {
      operationId: lease.operationId,
      actorId: null,
      process: operation.owner ?? '',
      event: 'finished',
      details: {
        result: state,
        done,
        failed,
        skipped,
        ...(abortReason !== null && { failure: abortReason }),
        outcomes: await outcomeFacts(trx, lease.operationId),
      },
    });
    return finished;
  });
}
