import { type Kysely, sql } from 'kysely';

/** Polls, votes, operations and the audit trail. Snowflakes are text; every instant is `timestamptz`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table operations (
      id integer generated always as identity primary key,
      kind text not null,
      state text not null default 'draft' check (state in ('draft', 'discarded', 'queued', 'running', 'paused',
        'cancelling', 'completed', 'completed with failures', 'cancelled', 'timed out', 'failed')),
      -- who asked for it, from where, for what
      admin_id text not null,
      scope_guild_id text,
      guild_id text not null,
      channel_id text not null,
      interaction_id text not null unique,
      locale text not null,
      params jsonb not null default '{}',
      targets jsonb not null default '{}',
      reason text,
      private boolean not null default false,
      retry_of integer references operations (id),
      undo_of integer references operations (id),
      total integer not null default 0,
      estimate_ms integer not null default 0,
      -- the preview and its confirmation
      preview_token text,
      created_at timestamptz not null,
      confirmable_at timestamptz,
      expires_at timestamptz,
      confirmed_at timestamptz,
      confirmed_interaction_id text unique,
      -- the run: lease and fence by the database's clock
      owner text,
      lease_until timestamptz,
      fence integer not null default 0,
      started_at timestamptz,
      finished_at timestamptz,
      paused_at timestamptz,
      paused_ms bigint not null default 0,
      cancelled_by text,
      failure text,
      -- the progress message
      progress_token text,
      progress_token_expires_at timestamptz,
      progress_channel_id text,
      progress_message_id text,
      result_shown boolean not null default false
    )`.execute(db);
  await sql`create index operations_open on operations (confirmed_at, id)
    where state in ('queued', 'running', 'paused', 'cancelling')`.execute(db);
  await sql`create index operations_unshown on operations (id)
    where result_shown = false and finished_at is not null`.execute(db);
  await sql`create index operations_drafts on operations (expires_at) where state in ('draft', 'discarded')`.execute(
    db,
  );
  await sql`create index operations_retry_of on operations (retry_of) where retry_of is not null`.execute(db);

  await sql`
    create table polls (
      id integer generated always as identity primary key,
      question text not null,
      guild_id text not null,
      channel_id text not null,
      creator_id text not null,
      status text not null check (status in ('scheduled', 'active', 'closed')),
      timezone text not null default 'UTC',
      anonymous boolean not null default false,
      max_choices integer not null default 1 check (max_choices >= 1),
      ping_role_id text,
      opens_at timestamptz,
      closes_at timestamptz,
      closed_at timestamptz,
      created_at timestamptz not null,
      deleted_at timestamptz,
      interaction_id text not null unique,
      -- version: state and settings; revision: that and every vote; shown_revision < revision is the outbox
      version integer not null default 1,
      revision integer not null default 1,
      shown_revision integer not null default 0,
      -- the highest revision ever sent: above shown_revision while the outcome of a request is unknown
      sent_revision integer not null default 0,
      message_id text,
      message_gone boolean not null default false,
      -- one delivery at a time over all processes
      sender text,
      sender_until timestamptz,
      -- a refusal for good: left alone until a retry or a change of permissions
      parked_code text,
      parked_reason text,
      ping_pending boolean not null default false,
      held_by integer references operations (id)
    )`.execute(db);
  await sql`create index polls_guild on polls (guild_id, id) where deleted_at is null`.execute(db);
  await sql`create index polls_channel on polls (channel_id, id) where deleted_at is null`.execute(db);
  await sql`create index polls_creator on polls (creator_id, id) where deleted_at is null`.execute(db);
  await sql`create index polls_opening on polls (opens_at) where status = 'scheduled' and deleted_at is null`.execute(
    db,
  );
  await sql`create index polls_closing on polls (closes_at)
    where status <> 'closed' and closes_at is not null and deleted_at is null`.execute(db);
  await sql`create index polls_outbox on polls (id)
    where shown_revision < revision and held_by is null and parked_code is null`.execute(db);
  await sql`create index polls_pings on polls (id) where ping_pending`.execute(db);
  await sql`create index polls_held on polls (held_by) where held_by is not null`.execute(db);
  await sql`create index polls_parked on polls (channel_id) where parked_code is not null`.execute(db);

  await sql`
    create table poll_options (
      poll_id integer not null references polls (id) on delete cascade,
      position integer not null,
      label text not null,
      primary key (poll_id, position)
    )`.execute(db);
  await sql`
    create table votes (
      poll_id integer not null,
      position integer not null,
      user_id text not null,
      created_at timestamptz not null,
      primary key (poll_id, user_id, position),
      foreign key (poll_id, position) references poll_options (poll_id, position) on delete cascade
    )`.execute(db);
  // Each interaction takes effect once, however often and to however many processes it is delivered.
  await sql`
    create table handled_interactions (
      interaction_id text primary key,
      handled_at timestamptz not null
    )`.execute(db);
  await sql`create index handled_interactions_at on handled_interactions (handled_at)`.execute(db);

  await sql`
    create table operation_items (
      operation_id integer not null references operations (id) on delete cascade,
      poll_id integer not null,
      position integer not null,
      -- excluded: skipped at preview, not part of the total
      state text not null check (state in ('excluded', 'planned', 'applied', 'done', 'failed', 'skipped')),
      version_seen integer not null,
      before jsonb,
      version_after integer,
      target_revision integer,
      code text,
      message text,
      attempts integer not null default 0,
      first_attempt_at timestamptz,
      finished_at timestamptz,
      remark text,
      primary key (operation_id, poll_id)
    )`.execute(db);
  await sql`create index operation_items_open on operation_items (poll_id) where state = 'applied'`.execute(
    db,
  );

  await sql`
    create table audit (
      id integer generated always as identity primary key,
      at timestamptz not null,
      operation_id integer,
      actor_id text,
      process text not null,
      event text not null,
      details jsonb not null default '{}'
    )`.execute(db);
  await sql`create index audit_operation on audit (operation_id, id)`.execute(db);
  await sql`
    create function audit_is_append_only() returns trigger language plpgsql as $$
    begin raise exception 'the audit trail is append-only'; end $$`.execute(db);
  await sql`create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function audit_is_append_only()`.execute(db);
}
