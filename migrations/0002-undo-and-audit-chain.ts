import { type Kysely, sql } from 'kysely';

/** What undo needs to keep, and the chain of hashes through the audit trail. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // What an undo makes of each poll; the other kinds compute it when they are applied.
  await sql`alter table operation_items add column prescribed jsonb`.execute(db);
  await sql`create index operations_undo_of on operations (undo_of) where undo_of is not null`.execute(db);

  // Votes that an operation took off a poll, kept for its undo.
  await sql`
    create table votes_aside (
      operation_id integer not null references operations (id) on delete cascade,
      poll_id integer not null references polls (id) on delete cascade,
      position integer not null,
      user_id text not null,
      created_at timestamptz not null,
      primary key (operation_id, poll_id, user_id, position)
    )`.execute(db);

  // Each row carries the hash of the row before it and one over itself and that: changing or removing a row breaks the
  // chain at the next. Rows are numbered where the chain grows, under a lock, so that the numbers follow the chain.
  await sql`alter table audit alter column id drop identity`.execute(db);
  await sql`alter table audit add column prev_hash text, add column hash text`.execute(db);
  await sql`
    create function audit_hash(entry audit) returns text language sql immutable as $$
      select encode(sha256(convert_to(jsonb_build_array(entry.prev_hash, entry.id, extract(epoch from entry.at),
        entry.operation_id, entry.actor_id, entry.process, entry.event, entry.details)::text, 'UTF8')), 'hex') $$`.execute(
    db,
  );
  await sql`
    create function audit_chain() returns trigger language plpgsql as $$
    declare last audit;
    begin
      perform pg_advisory_xact_lock(7202612);
      select * into last from audit order by id desc limit 1;
      new.id := coalesce(last.id, 0) + 1;
      new.prev_hash := last.hash;
      new.hash := audit_hash(new);
      return new;
    end $$`.execute(db);
  await sql`create trigger audit_chain before insert on audit
    for each row execute function audit_chain()`.execute(db);
  await sql`alter table audit alter column hash set not null`.execute(db);
}
