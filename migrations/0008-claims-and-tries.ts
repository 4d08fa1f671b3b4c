import { type Kysely, sql } from 'kysely';

/** A number for every claim, when that was first tried which must come once, and what is behind by channel. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // On a large table an index takes longer than a statement may otherwise.
  await sql`set local statement_timeout = 0`.execute(db);
  // The sweep takes some of each channel.
  await sql`drop index polls_outbox`.execute(db);
  await sql`create index polls_outbox on polls (channel_id, id)
    where shown_revision < revision and held_by is null and parked_code is null`.execute(db);
  // Grows with each claim of the poll's delivery: what was sent is recorded under the latest one alone.
  await sql`alter table polls add column claim integer not null default 0`.execute(db);
  // While sent_revision is above shown_revision: when the first try began whose outcome nobody knows.
  await sql`alter table polls add column tried_at timestamptz`.execute(db);
  await sql`
    update polls set tried_at = coalesce(sender_until, now()) - interval '20 seconds' where sent_revision > shown_revision`.execute(
    db,
  );
  // When the ping of an opening was tried whose outcome nobody knows.
  await sql`alter table polls add column ping_tried_at timestamptz`.execute(db);
  // When the preview's message is next to be edited, by whichever process comes first, and the page it shows.
  await sql`
    alter table operations add column preview_due_at timestamptz, add column preview_page integer not null default 0`.execute(
    db,
  );
  await sql`update operations set preview_due_at = expires_at where state = 'draft'`.execute(db);
  await sql`create index operations_previews on operations (preview_due_at)
    where state = 'draft' and preview_due_at is not null`.execute(db);
  // When the notice of the poll's result was first tried.
  await sql`alter table operation_items add column notice_tried_at timestamptz`.execute(db);
}
