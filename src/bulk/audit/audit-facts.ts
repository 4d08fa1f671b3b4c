import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { Trx } from '../../db/transaction.ts';
import type { OperationRow } from '../operation.ts';
import { leftOutStates } from '../operation-store.ts';

/**
 * What was asked for, and from where. The audit keeps it for ever; the operation's own row and items are purged one
 * day. `polls`: the numbers to change. `servers`: the ids of their servers.
 */
export async function requestFacts(db: Db, operation: OperationRow): Promise<Record<string, unknown>> {
  const items = await db
    .selectFrom('operation_items as item')
    .leftJoin('polls as poll', 'poll.id', 'item.poll_id')
    .select([
      sql<number[]>`coalesce(jsonb_agg(item.poll_id order by item.poll_id), '[]')`.as('polls'),
      sql<
        string[]
      >`coalesce(jsonb_agg(distinct poll.guild_id) filter (where poll.guild_id is not null), '[]')`.as(
        'servers',
      ),
    ])
    .where('item.operation_id', '=', operation.id)
    .where('item.state', 'not in', leftOutStates)
    .executeTakeFirstOrThrow();
  return {
    kind: operation.kind,
    params: operation.params,
    targets: operation.targets,
    reason: operation.reason,
    private: operation.private,
    scope: operation.scope_guild_id,
    server: operation.guild_id,
    channel: operation.channel_id,
    locale: operation.locale,
    command: operation.interaction_id,
    interaction: operation.confirmed_interaction_id,
    ...(operation.retry_of !== null && { retryOf: operation.retry_of }),
    ...(operation.undo_of !== null && { undoOf: operation.undo_of }),
    total: operation.total,
    ...items,
  };
}

/** What became of the polls: their numbers, grouped by state and cause. */
export async function outcomeFacts(trx: Trx, operationId: number): Promise<OutcomeGroup[]> {
  return await trx
    .selectFrom('operation_items')
    .select(['state', 'code', 'message', sql<number[]>`jsonb_agg(poll_id order by poll_id)`.as('polls')])
    .where('operation_id', '=', operationId)
    .where('state', 'not in', leftOutStates)
    .groupBy(['state', 'code', 'message'])
    .orderBy('state')
    .orderBy('code')
    .orderBy('message')
    .execute();
}

export interface OutcomeGroup {
  readonly state: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly polls: number[];
}
