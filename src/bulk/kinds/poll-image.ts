import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { PollTable } from '../../db/schema.ts';

/**
 * What a poll is, for operations: what they may change, what is put back, and what is compared to see whether a poll
 * still is what an operation left. Its votes are no part of it, and neither is how often it was written.
 */
const columns = [
  'status',
  'status_since',
  'timezone',
  'anonymous',
  'max_choices',
  'ping_role_id',
  'opens_at',
  'closes_at',
  'closed_at',
  'deleted_at',
] as const satisfies (keyof PollTable)[];

/** What one poll becomes: the columns that change. Read back from JSON, its instants are texts. */
export type PollChange = Partial<Pick<Selectable<PollTable>, (typeof columns)[number] | 'ping_pending'>>;

/** SQL for what a poll is, as JSON, with what is known of its ping. */
export function imageOf(poll: string): RawBuilder<unknown> {
  const pairs = [...columns, 'ping_pending', 'pings_sent'].map(
    (column) => sql`${sql.lit(column)}, ${sql.ref(`${poll}.${column}`)}`,
  );
  return sql`jsonb_build_object(${sql.join(pairs)})`;
}

/**
 * SQL for the image that is taken before a poll is changed. It has the time (`taken_at`, under the poll's lock and by
 * the clock that dates votes). `message_current` tells whether the poll's message was known to show that state, so
 * that putting it back need not touch the message.
 */
export function beforeImage(poll: string): RawBuilder<unknown> {
  return sql`${imageOf(poll)} || jsonb_build_object('taken_at', clock_timestamp(), 'message_current',
    ${sql.ref(`${poll}.shown_revision`)} = ${sql.ref(`${poll}.revision`)}
    and ${sql.ref(`${poll}.sent_revision`)} <= ${sql.ref(`${poll}.shown_revision`)})`;
}

/** SQL for whether the row `poll` is what the JSON image says; false if there is no image. */
export function matchesImage(poll: string, image: RawBuilder<unknown>): RawBuilder<SqlBool> {
  const row = (of: string) => sql.join(columns.map((column) => sql.ref(`${of}.${column}`)));
  return sql`(${image} is not null and (select (${row(poll)}) is not distinct from (${row('image')})
    from ${overwritten(poll, image)} as image))`;
}

/** SQL for the row `poll` with the columns overwritten that the JSON (an image or a change) names. */
export function overwritten(poll: string, json: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`jsonb_populate_record(${sql.ref(poll)}, ${json})`;
}

/**
 * SQL assignments that give the row `poll` the columns of the row `image`. A ping that was still to be sent when the
 * image was taken becomes due again only if none was sent since.
 */
export function columnsFrom(image: string, poll: string): RawBuilder<unknown> {
  const own = (column: keyof PollTable) => sql.ref(`${image}.${column}`);
  return sql`${sql.join(columns.map((column) => sql`${sql.ref(column)} = ${own(column)}`))},
    ping_pending = ${own('ping_pending')} and ${own('pings_sent')} = ${sql.ref(`${poll}.pings_sent`)}`;
}
