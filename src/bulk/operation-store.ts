import { type RawBuilder, sql } from 'kysely';
import { isRowId } from '../db/row-id.ts';
import type { Db, OperationItemTable } from '../db/schema.ts';
import type { DeliveryJob } from '../delivery/delivery-batch.ts';
import { everyServer, type Scope } from '../polls/scope.ts';
import type { OperationRow, OperationState } from './operation.ts';
import { visibleTo } from './visible-operations.ts';

/** An operation that this scope may see: any operation, or one whose admin acted within this one server. */
export async function findOperation(db: Db, scope: Scope, id: number): Promise<OperationRow | null> {
  if (!isRowId(id)) return null;
  const row = await db
    .selectFrom('operations')
    .selectAll()
    .where('id', '=', id)
    .$if(!scope.all, (q) => q.where('scope_guild_id', '=', scope.all ? '' : scope.serverId))
    .executeTakeFirst();
  return row ?? null;
}

/** For the runner, which acts for nobody. Throws if the row is gone (a bug: operations are purged only when ended). */
export async function loadOperation(db: Db, id: number): Promise<OperationRow> {
  const operation = await findOperation(db, everyServer, id);
  if (!operation) throw new Error(`operation ${id} has no row`);
  return operation;
}

/** The newest confirmed operation of this admin within the scope. If they started none, the newest of all there. */
export async function latestOperation(db: Db, scope: Scope, adminId: string): Promise<OperationRow | null> {
  const row = await confirmed(db, scope)
    .orderBy((eb) => eb('admin_id', '=', adminId), 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Confirmed operations for autocomplete: the one of this number, however old, then the newest first. */
export async function recentOperations(
  db: Db,
  scope: Scope,
  limit: number,
  number: number,
): Promise<OperationRow[]> {
  return await confirmed(db, scope)
    .orderBy((eb) => eb('id', '=', isRowId(number) ? number : 0), 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

function confirmed(db: Db, scope: Scope) {
  return db
    .selectFrom('operations')
    .selectAll()
    .where('confirmed_at', 'is not', null)
    .where(visibleTo(scope));
}

/** How far the work is: a number that grows with each poll that is changed, and with each that is settled. */
export async function howFarIs(db: Db, operationId: number): Promise<number> {
  const { rows } = await sql<{ mark: number }>`select ${howFar(operationId)} as mark`.execute(db);
  return rows[0]!.mark;
}

export function howFar(operationId: number): RawBuilder<number> {
  return sql<number>`(
    select (count(*) filter (where state <> 'planned') + count(*) filter (where state not in ('planned', 'applied')))::int
    from operation_items where operation_id = ${operationId} and state not in ('missing', 'excluded'))`;
}

export async function operationStates(db: Db, ids: readonly number[]): Promise<Map<number, OperationState>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('operations')
    .select(['id', 'state'])
    .where(sql<boolean>`id = any(${[...ids]}::int[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row.state]));
}

export type ItemState = OperationItemTable['state'];

/** The states of what the preview left out. They are not part of the operation's total. */
export const leftOutStates = ['missing', 'excluded'] as const satisfies ItemState[];

/** How many items stand in each state. */
export async function countItems(db: Db, operationId: number): Promise<Record<ItemState, number>> {
  const rows = await db
    .selectFrom('operation_items')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('operation_id', '=', operationId)
    .groupBy('state')
    .execute();
  const counts: Record<ItemState, number> = {
    missing: 0,
    excluded: 0,
    planned: 0,
    applied: 0,
    done: 0,
    failed: 0,
    skipped: 0,
  };
  for (const row of rows) counts[row.state] = Number(row.count);
  return counts;
}

/** The items in one of these states, grouped by code and message, the largest group first. */
export async function groupItems(db: Db, operationId: number, ...states: ItemState[]): Promise<ItemGroup[]> {
  const rows = await db
    .selectFrom('operation_items as item')
    .leftJoin('polls as poll', 'poll.id', 'item.poll_id')
    .select([
      'item.message',
      'item.code',
      (eb) => eb.fn.countAll<number>().as('count'),
      sql<number[]>`(array_agg(item.poll_id order by item.poll_id))[1:400]`.as('ids'),
      sql<
        string[]
      >`coalesce(array_agg(distinct poll.guild_id) filter (where poll.guild_id is not null), '{}')`.as(
        'serverIds',
      ),
    ])
    .where('item.operation_id', '=', operationId)
    .where('item.state', 'in', states)
    .groupBy(['item.message', 'item.code'])
    .orderBy('count', 'desc')
    .orderBy('item.message')
    .execute();
  return rows.map((row) => ({ ...row, message: row.message ?? '', count: Number(row.count) }));
}

/** Polls of an operation with the same code and message: a skip reason, a failure, or the file that has them. */
export interface ItemGroup {
  readonly message: string;
  readonly code: string | null;
  readonly count: number;
  /** At most 400 numbers. */
  readonly ids: readonly number[];
  /** The servers of its polls; a poll that was purged has none. */
  readonly serverIds: readonly string[];
}

/** The polls that are changed and whose messages do not show it yet. */
export async function appliedJobs(db: Db, operationId: number): Promise<DeliveryJob[]> {
  const rows = await db
    .selectFrom('operation_items as item')
    .innerJoin('polls as poll', 'poll.id', 'item.poll_id')
    .select(['poll.id', 'poll.channel_id', 'poll.message_id'])
    .where('item.operation_id', '=', operationId)
    .where('item.state', '=', 'applied')
    .orderBy('poll.id')
    .execute();
  return rows.map((row) => ({ pollId: row.id, channelId: row.channel_id, messageId: row.message_id }));
}
