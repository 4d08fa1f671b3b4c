import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';

/**
 * What other running operations have waiting: by channel, how many polls of each. `operationId`: the operation that
 * asks; null: there is none yet.
 */
export async function waitingAhead(
  db: Db,
  operationId: number | null,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { rows } = await sql<{ channel_id: string; waiting: number }>`
    select poll.channel_id, count(*)::int as waiting
    from operations as operation
      join operation_items as item on item.operation_id = operation.id and item.state in ('planned', 'applied')
      join polls as poll on poll.id = item.poll_id
    where operation.state = 'running' and operation.id is distinct from ${operationId}
    group by operation.id, poll.channel_id`.execute(db);
  const ahead = new Map<string, number[]>();
  for (const { channel_id, waiting } of rows) {
    ahead.set(channel_id, [...(ahead.get(channel_id) ?? []), waiting]);
  }
  return ahead;
}
