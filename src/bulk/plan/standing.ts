import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { isAs } from '../kinds/poll-image.ts';

/** How a poll stands to an operation: it may be neither, where somebody changed it since. */
export interface Standing {
  /** It is what the operation found. */
  readonly asFound: boolean;
  /** It is what the operation left, or for an undo not yet applied, what it is to leave. */
  readonly asLeft: boolean;
}

/** Compares what these polls are now with what the operation's items remember of them; polls that are gone are missing. */
export async function standings(
  db: Db,
  operationId: number,
  pollIds: readonly number[],
): Promise<Map<number, Standing>> {
  const { rows } = await sql<Standing & { id: number }>`
    select poll.id, ${isAs('poll', sql`item.before`)} as "asFound", ${isAs('poll', sql`item.after`)} as "asLeft"
    from operation_items as item join polls as poll on poll.id = item.poll_id
    where item.operation_id = ${operationId} and item.poll_id = any(${[...pollIds]}::int[])`.execute(db);
  return new Map(rows.map(({ id, ...standing }) => [id, standing]));
}
