import { sql } from 'kysely';
import type { Trx } from '../../db/transaction.ts';

/**
 * What happened to an operation, written in the transaction of the change that it tells of. The table chains its rows
 * by hashes, under a lock that is held until the transaction ends. So this comes last in the transaction.
 */
export interface AuditEntry {
  readonly operationId: number;
  /** The Discord user; null if the bot itself acted. */
  readonly actorId: string | null;
  /** The process, as `Schema.operations.owner`. */
  readonly process: string;
  readonly event:
    | 'previewed'
    | 'confirmed'
    | 'discarded'
    | 'started'
    | 'applied'
    | 'file sent'
    | 'paused'
    | 'resumed'
    | 'went on'
    | 'cancel requested'
    | 'taken over'
    | 'finished';
  readonly details?: Record<string, unknown>;
}

export async function appendAudit(trx: Trx, now: Date, entry: AuditEntry): Promise<void> {
  await trx
    .insertInto('audit')
    .values({
      at: now,
      operation_id: entry.operationId,
      actor_id: entry.actorId,
      process: entry.process,
      event: entry.event,
      details: sql`${JSON.stringify(entry.details ?? {})}::jsonb`,
    })
    .execute();
}
