import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inSnapshot, type Trx } from '../../db/transaction.ts';
import type { DeliveryJob } from '../../delivery/delivery-batch.ts';
import { operationKind } from '../kinds/operation-kinds.ts';
import { waitingAhead } from '../lifecycle/ahead-store.ts';
import { queuePlace } from '../lifecycle/queue.ts';
import { isResult, type OperationRow } from '../operation.ts';
import { appliedJobs, countItems, groupItems, type ItemGroup } from '../operation-store.ts';
import { mayBeUndone } from '../plan/plan-undo.ts';
import { hasPollsToUndo } from '../plan/undone-polls.ts';

/** Everything that the progress message says, read from rows. So any process can show it at any moment. */
export interface ProgressRows {
  readonly operation: OperationRow;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly waiting: number;
  /** Polls whose change is committed and not put back. */
  readonly committed: number;
  /** Polls whose message is still behind. */
  readonly behind: readonly DeliveryJob[];
  /** By channel, how many polls each other running operation has waiting there. */
  readonly ahead: ReadonlyMap<string, readonly number[]>;
  /** The poll whose message is being sent now. */
  readonly current: { readonly pollId: number; readonly question: string; readonly serverId: string } | null;
  readonly failures: readonly ItemGroup[];
  readonly skips: readonly ItemGroup[];
  /** What the preview left out; filled once the operation has ended. In no count. */
  readonly leftOut: readonly ItemGroup[];
  /** The files that were sent, if the kind writes files. */
  readonly files: readonly ItemGroup[];
  /** Place in the queue, from 1; null unless the operation waits there. */
  readonly place: number | null;
  readonly retriedBy: number | null;
  readonly remarks: number;
  /** Whether `Undo` is offered. */
  readonly undoable: boolean;
}

/** Reads all of it in one snapshot, so the counts always add up to the operation's total. */
export async function readProgress(db: Db, id: number, now: Date): Promise<ProgressRows> {
  return await inSnapshot(db, async (trx) => {
    const operation = await trx
      .selectFrom('operations')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const counts = await countItems(trx, id);
    return {
      operation,
      done: counts.done,
      failed: counts.failed,
      skipped: counts.skipped,
      waiting: counts.planned + counts.applied,
      committed: await countCommitted(trx, id),
      behind: counts.applied === 0 ? [] : await appliedJobs(trx, id),
      ahead: counts.applied === 0 ? new Map() : await waitingAhead(trx, id),
      current: counts.applied === 0 ? null : await inFlight(trx, id),
      failures: counts.failed === 0 ? [] : await groupItems(trx, id, 'failed'),
      skips: counts.skipped === 0 ? [] : await groupItems(trx, id, 'skipped'),
      leftOut: isResult(operation.state) ? await groupItems(trx, id, 'excluded') : [],
      files: operationKind(operation.kind).writesFiles ? await groupItems(trx, id, 'done') : [],
      place: await queuePlace(trx, operation),
      retriedBy: await retriedBy(trx, id),
      remarks: await countRemarks(trx, id),
      undoable: mayBeUndone(operation, now) && (await hasPollsToUndo(trx, id)),
    };
  });
}

async function countCommitted(trx: Trx, operationId: number): Promise<number> {
  const { count } = await trx
    .selectFrom('operation_items')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('operation_id', '=', operationId)
    .where('state', 'in', ['applied', 'done', 'failed'])
    .where('target_revision', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function inFlight(trx: Trx, operationId: number): Promise<ProgressRows['current']> {
  const row = await trx
    .selectFrom('operation_items as item')
    .innerJoin('polls as poll', 'poll.id', 'item.poll_id')
    .select(['poll.id', 'poll.question', 'poll.guild_id'])
    .where('item.operation_id', '=', operationId)
    .where('item.state', '=', 'applied')
    .where('poll.sender', 'is not', null)
    .where('poll.sender_until', '>', sql<Date>`now()`)
    .orderBy('poll.sender_until', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { pollId: row.id, question: row.question, serverId: row.guild_id } : null;
}

async function retriedBy(trx: Trx, operationId: number): Promise<number | null> {
  const row = await trx
    .selectFrom('operations')
    .select('id')
    .where('retry_of', '=', operationId)
    .where('state', 'not in', ['cancelled', 'failed'])
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

async function countRemarks(trx: Trx, operationId: number): Promise<number> {
  const { count } = await trx
    .selectFrom('operation_items')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('operation_id', '=', operationId)
    .where('remark', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}
