import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import type { Poll } from './poll.ts';
import { matches, type PollFilter } from './poll-filter.ts';
import { pollRows, toPoll } from './poll-store.ts';
import type { Scope } from './scope.ts';

/** The orders of a list; each has its indexes, so that any page takes as long as the first. */
export const pollOrders = ['newest', 'oldest', 'closing'] as const;
export type PollOrder = (typeof pollOrders)[number];

/** A place in an ordered list: a poll's number, and before it what else it is ordered by, as the database writes it. */
export interface PageCursor {
  readonly key: string | null;
  readonly id: number;
}

/** Where a page begins: at the top, or after or before a place. */
export type PageFrom = 'top' | { readonly after: PageCursor } | { readonly before: PageCursor };

export interface PollPage {
  readonly polls: readonly Poll[];
  /** The places of the first and last poll; null on an empty page. */
  readonly first: PageCursor | null;
  readonly last: PageCursor | null;
  /** Whether the list goes on behind, in the direction in which it was read. */
  readonly more: boolean;
}

/** Numbers grow with time, so they give the order of creation. `key`: what comes before the number. */
const sortings: Record<PollOrder, { readonly key: RawBuilder<string> | null; readonly way: 'asc' | 'desc' }> =
  {
    newest: { key: null, way: 'desc' },
    oldest: { key: null, way: 'asc' },
    // Spelt as in the index; what never closes comes last.
    closing: { key: sql<string>`coalesce(closes_at, 'infinity'::timestamptz)`, way: 'asc' },
  };

/** A page of at most `size` polls, in the list's order also where it was read backwards. */
export async function pollPage(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  list: { readonly order: PollOrder; readonly from: PageFrom; readonly size: number },
): Promise<PollPage> {
  const { key, way: forwards } = sortings[list.order];
  const { from } = list;
  const backwards = from !== 'top' && 'before' in from;
  const cursor = from === 'top' ? null : 'before' in from ? from.before : from.after;
  const way = backwards === (forwards === 'asc') ? 'desc' : 'asc';
  const found = await pollRows(db, scope)
    .select(sql<string | null>`${key ?? sql`null`}::text`.as('sort_key'))
    .where(matches(scope, filter))
    .$if(cursor !== null, (q) => q.where(beyond(key, way, cursor!)))
    .$if(key !== null, (q) => q.orderBy(key!, way))
    .orderBy('polls.id', way)
    .limit(list.size + 1)
    .execute();
  const rows = found.slice(0, list.size);
  if (backwards) rows.reverse();
  const cursorOf = (row: (typeof rows)[number] | undefined) => row && { key: row.sort_key, id: row.id };
  return {
    polls: rows.map(toPoll),
    first: cursorOf(rows[0]) ?? null,
    last: cursorOf(rows.at(-1)) ?? null,
    more: found.length > list.size,
  };
}

function beyond(key: RawBuilder<string> | null, way: 'asc' | 'desc', cursor: PageCursor) {
  const than = sql.raw(way === 'asc' ? '>' : '<');
  return key === null
    ? sql<boolean>`polls.id ${than} ${cursor.id}::int`
    : sql<boolean>`(${key}, polls.id) ${than} (${cursor.key}::timestamptz, ${cursor.id}::int)`;
}
