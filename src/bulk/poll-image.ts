import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { PollTable } from '../db/schema.ts';

/** The columns an operation may change: what is kept of a poll before, and what is put back. */
const columns = [
  'status',
  'timezone',
  'anonymous',
  'max_choices',
  'ping_role_id',
  'opens_at',
  'closes_at',
  'closed_at',
  'deleted_at',
  'ping_pending',
] as const satisfies (keyof PollTable)[];

/** What one poll becomes: the columns that change. */
export type PollChange = Partial<Pick<Selectable<PollTable>, (typeof columns)[number]>>;

/**
 * SQL for a poll's state as JSON, taken before it is changed. `message_current` tells whether its message was known to
 * show that state, so that putting it back need not touch the message.
 */
export function beforeImage(poll: string): RawBuilder<unknown> {
  const pairs = columns.map((column) => sql`${sql.lit(column)}, ${sql.ref(`${poll}.${column}`)}`);
  return sql`jsonb_build_object(${sql.join(pairs)}, 'message_current',
    ${sql.ref(`${poll}.shown_revision`)} = ${sql.ref(`${poll}.revision`)}
    and ${sql.ref(`${poll}.sent_revision`)} <= ${sql.ref(`${poll}.shown_revision`)})`;
}

/** SQL for the row `poll` with the columns overwritten that the JSON (an image or a change) names. */
export function overwritten(poll: string, json: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`jsonb_populate_record(${sql.ref(poll)}, ${json})`;
}

/**
 * SQL assignments that give the row `poll` the columns of the row `image`. An open poll that has pinged its role does not
 * come to ping it again by going back to an image from before the ping.
 */
export function columnsFrom(image: string, poll: string): RawBuilder<unknown> {
  return sql.join(
    columns.map((column) => {
      const value = sql.ref(`${image}.${column}`);
      return sql`${sql.ref(column)} = ${column === 'ping_pending' ? sql`${value} and not ${hasPinged(poll)}` : value}`;
    }),
  );
}

function hasPinged(poll: string): RawBuilder<unknown> {
  const own = (column: keyof PollTable) => sql.ref(`${poll}.${column}`);
  return sql`(${own('status')} = 'active' and ${own('deleted_at')} is null
    and ${own('ping_role_id')} is not null and not ${own('ping_pending')})`;
}
