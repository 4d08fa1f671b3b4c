import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { Scope } from '../scope.ts';
import { conditions, narrowsCreation, type PollFilter } from './poll-filter.ts';
import { type PageCursor, pollsInOrder } from './polls-in-order.ts';

/** The orders of a list. Each has its indexes, so that any page takes as long as the first. */
export const pollOrders = ['newest', 'oldest', 'closing'] as const;
export type PollOrder = (typeof pollOrders)[number];

/** Where a page begins: at the top, or after or before a place. */
export type PageFrom = 'top' | { readonly after: PageCursor } | { readonly before: PageCursor };

export interface PollPage {
  readonly ids: readonly number[];
  /** The places of the first and last poll; null on an empty page. */
  readonly first: PageCursor | null;
  readonly last: PageCursor | null;
  /** Whether the list goes on in the direction in which it was read. */
  readonly more: boolean;
}

/** Written as in the index. What never closes comes last. */
const closing = sql<string>`coalesce(closes_at, 'infinity'::timestamptz)`;

/**
 * Numbers grow with time, so they give the order of creation. A list that is narrowed by the time of creation is
 * ordered by the instant itself: there an index finds its beginning, which by numbers might be anywhere.
 */
function sorting(order: PollOrder, filter: PollFilter) {
  if (order === 'closing') return { key: closing, forwards: 'asc' } as const;
  const forwards = order === 'newest' ? 'desc' : 'asc';
  return { key: narrowsCreation(filter) ? sql<string>`created_at` : null, forwards } as const;
}

/** The numbers of at most `size` polls, in the list's order even if it was read backwards. */
export async function pollPage(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  list: { readonly order: PollOrder; readonly from: PageFrom; readonly size: number },
): Promise<PollPage> {
  const { key, forwards } = sorting(list.order, filter);
  const { from } = list;
  const backwards = from !== 'top' && 'before' in from;
  const found = await pollsInOrder(db, {
    ...conditions(scope, filter),
    key,
    way: backwards === (forwards === 'asc') ? 'desc' : 'asc',
    cursor: from === 'top' ? null : 'before' in from ? from.before : from.after,
    limit: list.size + 1,
  });
  const places = found.slice(0, list.size);
  if (backwards) places.reverse();
  return {
    ids: places.map(({ id }) => id),
    first: places[0] ?? null,
    last: places.at(-1) ?? null,
    more: found.length > list.size,
  };
}
