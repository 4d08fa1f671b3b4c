import { type Kysely, sql } from 'kysely';

/** What proves a process dead, how often an operation was taken over for nothing, and whose turn it is in the queue. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // One row a process that can be proven dead: it holds the advisory lock `lock_key` for as long as its session lives.
  // `server_started`: of the server that the lock was taken on, since a server that starts anew has forgotten every lock.
  await sql`
    create table processes (
      name text primary key,
      lock_key integer not null,
      server_started timestamptz not null,
      locked_at timestamptz not null
    )`.execute(db);
  // What a dead process had claimed.
  await sql`create index polls_sender on polls (sender) where sender is not null`.execute(db);

  // Take-overs from owners that died at work since the work was last seen to be further on, and how far that was.
  await sql`
    alter table operations
      add column takeovers integer not null default 0,
      add column takeover_mark integer not null default 0,
      -- a paused one that waits for a free place
      add column resumed_at timestamptz`.execute(db);
  await sql`create index operations_turns on operations (guild_id, started_at desc)
    where started_at is not null`.execute(db);
}
