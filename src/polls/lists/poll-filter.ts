import { type Expression, expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db, Schema } from '../../db/schema.ts';
import { fold } from '../fold.ts';
import type { PollStatus } from '../poll.ts';
import { inScopeOf } from '../poll-store.ts';
import type { Scope } from '../scope.ts';

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
  const narrowed = filter.createdAfter !== undefined || filter.createdBefore !== undefined;
  return sql`
    select id from polls where ${listed} order by ${narrowed ? sql`created_at, id` : sql`id`} limit ${limit}::int`;
}

/** The conditions on a row of `polls`: what the question contains, if that matters, and the rest. */
export function conditions(scope: Scope, filter: PollFilter) {
  return {
    listed: listed(scope, filter),
    containing: filter.text === undefined ? null : contains(filter.text),
  };
}

/** A question has at most 1000 characters, each of which may be written as a letter with accents of its own. */
const longestPart = 3_000;

/** The question contains it, ignoring case. What is longer than any question is in none, and not looked for. */
export function contains(text: string): RawBuilder<boolean> {
  if (text.length > longestPart) return sql<boolean>`false`;
  const folded = fold(text);
  // The index knows three letters in a row. Where there are none it would read all of itself, and then the table all
  // the same; behind an expression it is left alone.
  const question = /[\p{L}\p{N}]{3}/u.test(folded) ? sql`question_folded` : sql`(question_folded || '')`;
  return sql<boolean>`${question} like ${`%${asPattern(folded)}%`}`;
}

/** In scope, not deleted, and as the filter says but for the text. */
export function listed(scope: Scope, filter: Omit<PollFilter, 'text'>): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, 'polls'>();
  const { ids, status, guildId, channelId, creatorId, createdBefore, createdAfter } = filter;
  return eb.and([
    eb('deleted_at', 'is', null),
    inScopeOf(scope)(eb),
    ...(ids === undefined ? [] : [sql<boolean>`polls.id = any(${ids}::int[])`]),
    ...(status === undefined ? [] : [eb('status', '=', status)]),
    ...(guildId === undefined ? [] : [eb('guild_id', '=', guildId)]),
    ...(channelId === undefined ? [] : [eb('channel_id', '=', channelId)]),
    ...(creatorId === undefined ? [] : [eb('creator_id', '=', creatorId)]),
    ...(createdBefore === undefined ? [] : [eb('created_at', '<', createdBefore)]),
    ...(createdAfter === undefined ? [] : [eb('created_at', '>', createdAfter)]),
  ]);
}

/** What it means literally, for LIKE. */
function asPattern(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
