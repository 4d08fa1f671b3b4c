import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { PollTable } from '../../db/schema.ts';

/**
 * Every column of a poll: whether it is part of what a poll is, for operations. That is what they may change, what is
 * put back, and what is compared to see whether a poll still is what an operation left. A new column must be decided
 * about here.
 */
const isPart = {
  status: true,
  status_since: true,
  timezone: true,
  anonymous: true,
  max_choices: true,
  ping_role_id: true,
  opens_at: true,
  closes_at: true,
  closed_at: true,
  deleted_at: true,
  // What nothing changes.
  id: false,
  question: false,
  question_folded: false,
  guild_id: false,
  channel_id: false,
  creator_id: false,
  created_at: false,
  interaction_id: false,
  // How often it was written, who holds it, and what its message shows.
  version: false,
  revision: false,
  shown_revision: false,
  sent_revision: false,
  held_by: false,
  message_id: false,
  message_gone: false,
  removal_tried: false,
  sender: false,
  sender_until: false,
  claim: false,
  tried_at: false,
  parked_code: false,
  parked_reason: false,
  parked_right: false,
  // Its ping is put back by a rule of its own (`columnsFrom`).
  ping_pending: false,
  ping_tried_at: false,
  pings_sent: false,
} as const satisfies Record<keyof PollTable, boolean>;

type Columns = typeof isPart;
type ImageColumn = {
  [Column in keyof Columns]: Columns[Column] extends true ? Column : never;
}[keyof Columns];

const columns = (Object.keys(isPart) as (keyof PollTable)[]).filter(
  (column): column is ImageColumn => isPart[column],
);

/** What one poll becomes: the columns that change. Read back from JSON, its instants are texts. */
export type PollChange = Partial<Pick<Selectable<PollTable>, ImageColumn | 'ping_pending'>>;

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
