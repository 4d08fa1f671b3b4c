import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { BatchHandler } from '../../delivery/delivery-batch.ts';
import type { ChangingKind } from '../kinds/operation-kind.ts';
import { type Lease, lockOperation } from '../lifecycle/fence.ts';
import type { OperationRow } from '../operation.ts';
import { type NoticeDeps, postNotice } from './notice.ts';

/** What is recorded of polls whose outcome is known. */
export interface Settlement {
  readonly pollIds: readonly number[];
  readonly state: 'done' | 'failed';
  readonly code: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly remark: string | null;
}

export interface Settled {
  readonly lease: Lease;
  readonly operation: OperationRow;
  readonly kind: ChangingKind;
  /** Discord refuses the token. */
  readonly onAbort: (reason: string) => void;
}

/** Turns each poll's outcome into a row before its channel's next request. */
export function settling(deps: NoticeDeps, { lease, operation, kind, onAbort }: Settled): BatchHandler {
  const { db, clock } = deps;
  return {
    repost: kind.repost,
    deletes: kind.delivery === 'delete',
    settled: async (jobs, outcome, attempts) => {
      if (outcome.type === 'abort') return onAbort(outcome.reason);
      const pollIds = jobs.map((job) => job.pollId);
      if (outcome.type === 'failed') {
        const { code, reason } = outcome;
        const failed = { pollIds, state: 'failed', code, message: reason, attempts, remark: null } as const;
        return await settleItems(db, lease, failed, clock.now());
      }
      const notice = kind.notifies ? await postNotice(deps, operation, jobs) : null;
      const remark = notice ?? outcome.remark ?? null;
      const done = { pollIds, state: 'done', code: null, message: null, attempts, remark } as const;
      await settleItems(db, lease, done, clock.now());
    },
  };
}

/** Records the outcome of applied polls and lets go of them. Throws `LeaseLostError`. */
export async function settleItems(db: Db, lease: Lease, settlement: Settlement, now: Date): Promise<void> {
  const { pollIds, state, code, message, attempts, remark } = settlement;
  const ids = [...pollIds];
  await inTransaction(db, async (trx) => {
    await lockOperation(trx, lease);
    await sql`
      update operation_items set state = ${state}, code = ${code}, message = ${message},
        attempts = attempts + ${attempts}, remark = ${remark}, finished_at = ${now}
      where operation_id = ${lease.operationId} and poll_id = any(${ids}::int[]) and state = 'applied'`.execute(
      trx,
    );
    await sql`update polls set held_by = null
      where id = any(${ids}::int[]) and held_by = ${lease.operationId}`.execute(trx);
  });
}
