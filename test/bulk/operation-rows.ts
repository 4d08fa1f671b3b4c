import { sql } from 'kysely';
import { appendAudit } from '../../src/bulk/audit/audit.ts';
import { requestFacts } from '../../src/bulk/audit/audit-facts.ts';
import type { Db, OperationTable } from '../../src/db/schema.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { channelId, now, serverId } from '../polls/poll-fixture.ts';
import { adminId, interactionId, processName } from './bulk-fixture.ts';

export interface MadeOperation {
  readonly kind?: string;
  readonly state?: OperationTable['state'] extends { __select__: infer T } ? T : string;
  readonly at?: Date;
  readonly ms?: number;
  readonly adminId?: string;
  /** Null: a super admin's. */
  readonly scope?: string | null;
  readonly retryOf?: number;
  /** Polls by number, each with its outcome. */
  readonly done?: readonly number[];
  readonly failed?: readonly {
    readonly poll: number;
    readonly message: string;
    readonly code: string | null;
  }[];
  readonly skipped?: readonly number[];
}

/** The rows of a confirmed operation as they stand after it ran, without running it. */
export async function madeOperation(db: Db, made: MadeOperation = {}): Promise<number> {
  const { state = 'completed', at = now, ms = 1000, done = [], failed = [], skipped = [] } = made;
  const open = ['queued', 'running', 'paused', 'cancelling'].includes(state);
  const operation = await db
    .insertInto('operations')
    .values({
      kind: made.kind ?? 'close',
      state: state as 'completed',
      admin_id: made.adminId ?? adminId,
      scope_guild_id: made.scope === undefined ? serverId : made.scope,
      guild_id: serverId,
      channel_id: channelId,
      interaction_id: interactionId(),
      locale: 'en-US',
      params: sql`'{}'`,
      targets: sql`'{}'`,
      total: done.length + failed.length + skipped.length,
      retry_of: made.retryOf ?? null,
      created_at: at,
      confirmed_at: at,
      started_at: at,
      finished_at: open ? null : new Date(at.getTime() + ms),
      result_shown: true,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const { id } = operation;
  const items = [
    ...done.map((poll) => ({ poll, state: 'done' as const, message: null, code: null })),
    ...failed.map((item) => ({ ...item, state: 'failed' as const })),
    ...skipped.map((poll) => ({ poll, state: 'skipped' as const, message: 'already closed', code: null })),
  ];
  for (const { poll, ...rest } of items) {
    await db
      .insertInto('operation_items')
      .values({ operation_id: id, poll_id: poll, position: poll, ...rest })
      .execute();
  }
  const details = await requestFacts(db, operation);
  await inTransaction(db, (trx) =>
    appendAudit(trx, at, {
      operationId: id,
      actorId: operation.admin_id,
      process: processName,
      event: 'confirmed',
      details,
    }),
  );
  return id;
}
