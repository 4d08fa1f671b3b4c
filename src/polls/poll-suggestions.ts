import { sql } from 'kysely';
import { greatestRowId } from '../db/row-id.ts';
import type { Db } from '../db/schema.ts';
import type { PollStatus } from './poll.ts';
import { matches } from './poll-filter.ts';
import type { Scope } from './scope.ts';

export interface PollSuggestion {
  readonly id: number;
  readonly question: string;
  readonly status: PollStatus;
}

export interface Wanted {
  readonly scope: Scope;
  /** Only polls of these channels; all where it is missing. */
  readonly channelIds?: readonly string[];
  readonly limit: number;
}

/**
 * The polls that somebody who typed `text` may mean: those whose number begins so, the poll of just that number first,
 * then those whose question contains every word of it, newest first. Without a text the newest ones.
 */
export async function suggestPolls(db: Db, wanted: Wanted, text: string): Promise<PollSuggestion[]> {
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
  if (found.size < wanted.limit) {
    const words = typed.split(/\s+/).filter((word) => word !== '');
    const known = [...found.keys()];
    keep(
      await suggestion(db, missing())
        .where((eb) => eb.and(words.map((word) => matches(wanted.scope, { text: word })(eb))))
        .where(sql<boolean>`not id = any(${known}::int[])`)
        .orderBy('id', 'desc')
        .execute(),
    );
  }
  return [...found.values()];
}

function suggestion(db: Db, { scope, channelIds, limit }: Wanted) {
  return db
    .selectFrom('polls')
    .select(['id', 'question', 'status'])
    .where(matches(scope, {}))
    .$if(channelIds !== undefined, (q) => q.where(sql<boolean>`channel_id = any(${channelIds}::text[])`))
    .limit(limit);
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
