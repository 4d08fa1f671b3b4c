import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { Scope } from '../scope.ts';
import { conditions, narrowsCreation, type PollFilter } from './poll-filter.ts';

/** Counting ends here, so that it takes no longer however many there are. */
const mostCounted = 10_000;

/** How many there are: exactly, or that there are more than `count`. */
export interface BoundedCount {
  readonly count: number;
  readonly more: boolean;
}

/** “212”, “more than 10,000”. */
export function formatCount({ count, more }: BoundedCount): string {
  return more ? `more than ${count.toLocaleString('en')}` : String(count);
}

/** How many polls match, and the numbers of all of them in ascending order, unless they are more than `limit`. */
export async function matchPolls(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  limit: number,
): Promise<BoundedCount & { ids: number[] }> {
  const { rows } = await sql<{ id: number }>`${matching(scope, filter, limit + 1)}`.execute(db);
  if (rows.length > limit) {
    return { ...(await countPolls(db, scope, filter, Math.max(limit, mostCounted))), ids: [] };
  }
  const ids = rows.map((row) => row.id).sort((a, b) => a - b);
  return { count: ids.length, more: false, ids };
}

/** How many polls match, counted up to `most`. */
export async function countPolls(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  most: number = mostCounted,
): Promise<BoundedCount> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (${matching(scope, filter, most + 1)}) as counted`.execute(db);
  const { count } = rows[0]!;
  return { count: Math.min(count, most), more: count > most };
}

/**
 * Any `limit` of the polls that match. In an order that an index has, or else, for a text, planned as if all were wanted:
 * with a limit alone the planner reads the table from its beginning and trusts to meet enough of them soon.
 */
function matching(scope: Scope, filter: PollFilter, limit: number): RawBuilder<unknown> {
  const { listed, containing } = conditions(scope, filter);
  if (containing !== null) {
    return sql`
      with found as materialized (select id from polls where ${listed} and ${containing})
      select id from found limit ${limit}::int`;
  }
  const order = narrowsCreation(filter) ? sql`created_at, id` : sql`id`;
  return sql`select id from polls where ${listed} order by ${order} limit ${limit}::int`;
}
