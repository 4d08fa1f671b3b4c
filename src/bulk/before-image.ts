import { type RawBuilder, sql } from 'kysely';

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
] as const;

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

/** SQL assignments that put a poll's columns back from the row `image` of `beforeRows`. */
export function restoreColumns(image: string): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql`${sql.ref(column)} = ${sql.ref(`${image}.${column}`)}`));
}

/** SQL that turns the JSON of `beforeImage` back into a row of polls' columns. */
export function beforeRow(json: RawBuilder<unknown> | string): RawBuilder<unknown> {
  const source = typeof json === 'string' ? sql.ref(json) : json;
  return sql`jsonb_populate_record(null::polls, ${source})`;
}
