import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { matchesImage } from '../kinds/poll-image.ts';

/** What a poll is, beside what an operation knows of it. It is neither if somebody changed it since. */
export interface Comparison {
  /** It is what the operation found. */
  readonly asFound: boolean;
  /** It is what the operation left; for an undo that is not applied yet, what it will leave. */
  readonly asLeft: boolean;
}

/**
 * Compares what these polls are now with what the operation's items remember of them. Polls that are gone are not in
 * the map.
 */
export async function comparePolls(
  db: Db,
  operationId: number,
  pollIds: readonly number[],
): Promise<Map<number, Comparison>> {
  const { rows } = await sql<Comparison & { id: number }>`
    select poll.id, ${matchesImage('poll', sql`item.before`)} as "asFound", ${matchesImage('poll', sql`item.after`)} as "asLeft"
    from operation_items as item join polls as poll on poll.id = item.poll_id
    where item.operation_id = ${operationId} and item.poll_id = any(${[...pollIds]}::int[])`.execute(db);
  return new Map(rows.map(({ id, ...comparison }) => [id, comparison]));
}
