import { expressionBuilder, sql } from 'kysely';
import { greatestRowId } from '../../db/row-id.ts';
import type { Db, Schema } from '../../db/schema.ts';
import type { PollStatus } from '../poll.ts';
import type { Scope } from '../scope.ts';
import { contains } from './contains.ts';
import { conditions } from './poll-filter.ts';
import { pollsInOrder } from './polls-in-order.ts';

export interface PollSuggestion {
  readonly id: number;
  readonly question: string;
  readonly status: PollStatus;
}

/** How many words are searched for. Somebody who types more has long found what they mean, or nothing. */
const mostWords = 8;

export interface SuggestionRequest {
  readonly scope: Scope;
  /** Only polls of these channels. Default: of all. */
  readonly channelIds?: readonly string[];
  readonly limit: number;
}

/**
 * The polls that somebody who typed `text` may mean. First those whose number begins so, the poll of just that number
 * before all. Then those whose question contains every word of it (of the first few), newest first. Without a text,
 * the newest ones.
 */
export async function suggestPolls(
  db: Db,
  wanted: SuggestionRequest,
  text: string,
): Promise<PollSuggestion[]> {
  const typed = text.trim();
  const found = new Map<number, PollSuggestion>();
  const missing = () => ({ ...wanted, limit: wanted.limit - found.size });
  const keep = (polls: readonly PollSuggestion[]) => {
    for (const poll of polls) found.set(poll.id, poll);
  };
  for (const [first, last] of numbersThatBegin(typed)) {
    if (found.size >= wanted.limit) break;
    keep(
      await suggestion(db, missing())
        .where('id', '>=', first)
        .where('id', '<=', last)
        .orderBy('id')
        .execute(),
    );
  }
  if (found.size < wanted.limit) keep(await containingWords(db, missing(), typed, [...found.keys()]));
  return [...found.values()];
}

async function containingWords(
  db: Db,
  wanted: SuggestionRequest,
  typed: string,
  known: readonly number[],
): Promise<PollSuggestion[]> {
  const words = [...new Set(typed.split(/\s+/).filter((word) => word !== ''))].slice(0, mostWords);
  const { and } = expressionBuilder<Schema, 'polls'>();
  const places = await pollsInOrder(db, {
    listed: and([among(wanted), sql<boolean>`not id = any(${known}::int[])`]),
    containing: words.length === 0 ? null : and(words.map(contains)),
    key: null,
    way: 'desc',
    cursor: null,
    limit: wanted.limit,
  });
  return await suggestion(db, wanted)
    .where(sql<boolean>`id = any(${places.map(({ id }) => id)}::int[])`)
    .orderBy('id', 'desc')
    .execute();
}

function suggestion(db: Db, wanted: SuggestionRequest) {
  return db.selectFrom('polls').select(['id', 'question', 'status']).where(among(wanted)).limit(wanted.limit);
}

function among({ scope, channelIds }: SuggestionRequest) {
  const { and } = expressionBuilder<Schema, 'polls'>();
  const visible = channelIds && sql<boolean>`channel_id = any(${channelIds}::text[])`;
  return and([conditions(scope, {}).listed, ...(visible ? [visible] : [])]);
}

/** 12 is the beginning of 12, 120–129, 1200–1299 and so on. */
function numbersThatBegin(text: string): [number, number][] {
  const digits = /^#?([1-9]\d{0,9})$/.exec(text)?.[1];
  const ranges: [number, number][] = [];
  for (
    let first = Number(digits ?? 0), many = 1;
    first > 0 && first <= greatestRowId;
    first *= 10, many *= 10
  ) {
    ranges.push([first, Math.min(first + many - 1, greatestRowId)]);
  }
  return ranges;
}
