import { type Kysely, sql } from 'kysely';

/** What a poll is, as operations compare it; what an operation found and left; which pings were sent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // missing: a number that was not found, or not by who asked. The preview alone names it.
  await sql`alter table operation_items drop constraint operation_items_state_check, add constraint
    operation_items_state_check check (state in ('missing', 'excluded', 'planned', 'applied', 'done', 'failed', 'skipped'))`.execute(
    db,
  );
  await sql`update operation_items set state = 'missing' where state = 'excluded' and version_seen = 0`.execute(
    db,
  );

  // Since when a poll has its status, which tells a poll that was closed once from one that was closed again. Whoever
  // changes the status stamps it, but for what goes back to a status with the instant that belongs to that. Nobody knows it
  // of polls made before: these begin with one and the same.
  await sql`alter table polls add column status_since timestamptz not null default now()`.execute(db);
  await sql`alter table polls alter column status_since set default clock_timestamp()`.execute(db);
  await sql`
    create function stamp_status() returns trigger language plpgsql as $$
    begin
      new.status_since := clock_timestamp();
      return new;
    end $$`.execute(db);
  await sql`create trigger polls_status before update of status on polls for each row
    when (old.status <> new.status and old.status_since = new.status_since) execute function stamp_status()`.execute(
    db,
  );
  // Grows with each ping that was sent, so that a ping still to be sent when an image was taken does not come twice.
  await sql`alter table polls add column pings_sent integer not null default 0`.execute(db);

  // before: what the poll was when it was planned, then when it was changed. after: what the operation left, in place of
  // its number; an undo knows it when it is planned. target_revision: the revision that shows the change; null where the
  // poll is not changed by the operation, or was put back.
  await sql`alter table operation_items rename column prescribed to after`.execute(db);
  await sql`
    update operation_items as item set after = ${image('poll')} from polls as poll
    where poll.id = item.poll_id and item.version_after = poll.version`.execute(db);
  await sql`
    update operation_items as item set before = ${image('poll')} from polls as poll
    where poll.id = item.poll_id and item.before is null and item.version_seen = poll.version`.execute(db);
  // An image of an earlier version cannot tell whether a ping that it waited for was sent meanwhile.
  await sql`update operation_items set before = before - 'ping_pending', after = after - 'ping_pending'`.execute(
    db,
  );
  await sql`alter table operation_items drop column version_seen, drop column version_after`.execute(db);

  // Votes that were cast after those aside were taken, and are aside themselves since these came back.
  await sql`alter table votes_aside add column cast_since boolean not null default false`.execute(db);
  await sql`alter table votes_aside drop constraint votes_aside_pkey,
    add primary key (operation_id, poll_id, user_id, position, cast_since)`.execute(db);
}

function image(poll: string) {
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
  ];
  return sql`jsonb_build_object(${sql.join(
    columns.map((column) => sql`${sql.lit(column)}, ${sql.ref(`${poll}.${column}`)}`),
  )})`;
}
