import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import { appendAudit } from '../audit/audit.ts';
import { outcomeFacts } from '../audit/audit-facts.ts';
import { type Lease, lockOperation } from '../lifecycle/fence.ts';
import {
  type OperationRow,
  type OperationState,
  openStates,
  type ResultState,
  resultOf,
} from '../operation.ts';
import { countItems, loadOperation } from '../operation-store.ts';
import { releaseHolds } from './put-back.ts';

export interface Ending {
  /** The states from which it may end. */
  readonly from: readonly OperationState[];
  /** The result; null: what the counts say. */
  readonly result: Exclude<ResultState, 'completed' | 'completed with failures'> | null;
  /** Why it ended as a whole. Default: it did not. */
  readonly abortReason?: string;
}

/**
 * Ends the operation. Returns null, and changes nothing, if it is in another state meanwhile (a cancel came first),
 * or if the counts must give the result and say that polls still wait. Throws `LeaseLostError`.
 */
export async function finishOperation(
  db: Db,
  lease: Lease,
  { from, result, abortReason }: Ending,
  now: Date,
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
      .set({ state, finished_at: now, failure: abortReason ?? null })
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
        ...(abortReason !== undefined && { failure: abortReason }),
        outcomes: await outcomeFacts(trx, lease.operationId),
      },
    });
    return finished;
  });
}

export interface UnreachedEnding extends Ending {
  readonly result: 'timed out' | 'failed';
  /** The failure of the polls that were still open. */
  readonly failure: { readonly code: string; readonly message: string };
}

/**
 * Ends the operation in one commit: polls that are still open fail with `failure`, and `result` says so. If none was
 * open, everything was done in time, and the counts give the result. Null as `finishOperation`.
 */
export async function finishUnreached(
  db: Db,
  lease: Lease,
  ending: UnreachedEnding,
  now: Date,
): Promise<OperationRow | null> {
  const { from, failure } = ending;
  return await inTransaction(db, async (trx) => {
    const { state } = await lockOperation(trx, lease);
    if (!from.includes(state)) return null;
    const failed = await failOpenItems(trx, lease.operationId, failure, now);
    return await finishOperation(trx, lease, failed > 0 ? ending : { from, result: null }, now);
  });
}

/** Ends it as a whole, from any open state. What is still open fails; the committed changes stay. */
export async function abortOperation(
  db: Db,
  lease: Lease,
  abortReason: string,
  now: Date,
): Promise<OperationRow> {
  const failure = { code: 'aborted', message: abortReason };
  const ending = { from: openStates, result: 'failed', failure, abortReason } as const;
  return (await finishUnreached(db, lease, ending, now)) ?? (await loadOperation(db, lease.operationId));
}

/** Fails the open items. Returns how many there were. */
async function failOpenItems(
  trx: Trx,
  operationId: number,
  { code, message }: UnreachedEnding['failure'],
  now: Date,
): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('operation_items')
    .set({ state: 'failed', code, message, finished_at: now })
    .where('operation_id', '=', operationId)
    .where('state', 'in', ['planned', 'applied'])
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}
