import { type ExpressionBuilder, sql } from 'kysely';
import type { Db, Schema } from '../db/schema.ts';
import { fold } from './fold.ts';
import type { PollStatus } from './poll.ts';
import { inScopeOf } from './poll-store.ts';
import type { Scope } from './scope.ts';

/** Counting ends here, so that it takes no longer however many there are. */
const mostCounted = 10_000;

/** Which polls are meant; everything given must hold. Deleted polls never match. */
export interface PollFilter {
  readonly ids?: readonly number[] | undefined;
  readonly status?: PollStatus | undefined;
  readonly guildId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly creatorId?: string | undefined;
  /** The question contains it, ignoring case. */
  readonly text?: string | undefined;
  readonly createdBefore?: Date | undefined;
  readonly createdAfter?: Date | undefined;
}

/** How many there are: exactly, or that there are more than `count`. */
export interface BoundedCount {
  readonly count: number;
  readonly more: boolean;
}

/** “212”, “more than 10,000”. */
export function formatCount({ count, more }: BoundedCount): string {
  return more ? `more than ${count.toLocaleString('en')}` : String(count);
}

/** How many polls match, and the numbers of the first `limit` of them in ascending order. */
export async function matchPolls(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  limit: number,
): Promise<BoundedCount & { ids: number[] }> {
  const rows = await db
    .selectFrom('polls')
    .select('id')
    .where(matches(scope, filter))
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const ids = rows.slice(0, limit).map((row) => row.id);
  if (rows.length <= limit) return { count: rows.length, more: false, ids };
  return { ...(await countPolls(db, scope, filter, Math.max(limit, mostCounted))), ids };
}

/** How many polls match, counted up to `most`. */
export async function countPolls(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  most: number = mostCounted,
): Promise<BoundedCount> {
  const { count } = await db
    .selectFrom((counted) =>
      counted
        .selectFrom('polls')
        .select('id')
        .where(matches(scope, filter))
        .limit(most + 1)
        .as('counted'),
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { count: Math.min(Number(count), most), more: Number(count) > most };
}

/** The condition on a row of `polls`: in scope, not deleted, and as the filter says. */
export function matches(scope: Scope, filter: PollFilter) {
  return (eb: ExpressionBuilder<Schema, 'polls'>) => {
    const { ids, status, guildId, channelId, creatorId, text, createdBefore, createdAfter } = filter;
    return eb.and([
      eb('deleted_at', 'is', null),
      inScopeOf(scope)(eb),
      ...(ids === undefined ? [] : [sql<boolean>`polls.id = any(${ids}::int[])`]),
      ...(status === undefined ? [] : [eb('status', '=', status)]),
      ...(guildId === undefined ? [] : [eb('guild_id', '=', guildId)]),
      ...(channelId === undefined ? [] : [eb('channel_id', '=', channelId)]),
      ...(creatorId === undefined ? [] : [eb('creator_id', '=', creatorId)]),
      ...(text === undefined ? [] : [eb('question_folded', 'like', `%${asPattern(fold(text))}%`)]),
      ...(createdBefore === undefined ? [] : [eb('created_at', '<', createdBefore)]),
      ...(createdAfter === undefined ? [] : [eb('created_at', '>', createdAfter)]),
    ]);
  };
}

/** What it means literally, for LIKE. */
function asPattern(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
