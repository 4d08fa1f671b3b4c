import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { Trx } from '../../db/transaction.ts';
import type { OperationRow } from '../operation.ts';

/**
 * The first operation, its retries, their retries and so on, in order. For their polls and the votes of these polls
 * all of them are one. An operation has several retries if some were cancelled or aborted.
 */
export async function retryTree(db: Db, operationId: number): Promise<[number, ...number[]]> {
  const { rows } = await sql<{ id: number }>`
    with recursive up as (
      select id, retry_of from operations where id = ${operationId}
      union all
      select earlier.id, earlier.retry_of from operations as earlier join up on up.retry_of = earlier.id
    ), tree as (
      select id from up where retry_of is null
      union all
      select later.id from operations as later join tree on later.retry_of = tree.id)
    select id from tree order by id`.execute(db);
  return rows.map((row) => row.id) as [number, ...number[]];
}

/**
 * If another retry of the same operation has changed a poll that this one must still change, it counts as changed for
 * this one too: its item takes over what the other's item remembers. To be called under the locks of these polls,
 * under which all of this is written.
 */
export async function adoptChanges(
  trx: Trx,
  operation: OperationRow,
  pollIds: readonly number[],
): Promise<void> {
  if (operation.retry_of === null) return;
  const tree = await retryTree(trx, operation.id);
  await sql`
    update operation_items as item
    set before = latest.before, after = latest.after, target_revision = latest.target_revision
    from (
      select distinct on (poll_id) poll_id, before, after, target_revision from operation_items
      where operation_id = any(${tree}::int[]) and poll_id = any(${[...pollIds]}::int[])
        and target_revision is not null
      order by poll_id, operation_id desc) as latest
    where item.operation_id = ${operation.id} and item.poll_id = latest.poll_id
      and item.state = 'planned' and item.target_revision is null`.execute(trx);
}
