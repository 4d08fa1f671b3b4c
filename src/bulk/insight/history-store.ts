import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { Scope } from '../../polls/scope.ts';
import type { OperationRow } from '../operation.ts';
import { visibleTo } from '../visible-operations.ts';
import type { HistoryQuery } from './history-query.ts';

export type HistoryRow = Pick<
  OperationRow,
  | 'id'
  | 'kind'
  | 'state'
  | 'admin_id'
  | 'guild_id'
  | 'reason'
  | 'retry_of'
  | 'undo_of'
  | 'total'
  | 'confirmed_at'
  | 'finished_at'
> & { readonly done: number; readonly failed: number; readonly skipped: number };

/** One page of the confirmed operations within the scope, newest first, and how many there are in all. */
export async function readHistory(
  db: Db,
  scope: Scope,
  query: HistoryQuery,
): Promise<{ total: number; operations: HistoryRow[] }> {
  const { type, status, adminId } = query;
  const matching = db
    .selectFrom('operations')
    .where('confirmed_at', 'is not', null)
    .where(visibleTo(scope))
    .$if(type === 'retry', (q) => q.where('retry_of', 'is not', null))
    .$if(type !== null && type !== 'retry', (q) => q.where('kind', '=', type!))
    .$if(status !== null, (q) => q.where('state', '=', status as OperationRow['state']))
    .$if(adminId !== null, (q) => q.where('admin_id', '=', adminId!));
  const { total } = await matching
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const operations = await matching
    .select([
      'id',
      'kind',
      'state',
      'admin_id',
      'guild_id',
      'reason',
      'retry_of',
      'undo_of',
      'total',
      'confirmed_at',
      'finished_at',
      itemsIn('done').as('done'),
      itemsIn('failed').as('failed'),
      itemsIn('skipped').as('skipped'),
    ])
    .orderBy('id', 'desc')
    .limit(query.limit)
    .offset(query.offset)
    .execute();
  return { total, operations };
}

function itemsIn(state: 'done' | 'failed' | 'skipped') {
  return sql<number>`(select count(*) from operation_items as item
    where item.operation_id = operations.id and item.state = ${state})`;
}
