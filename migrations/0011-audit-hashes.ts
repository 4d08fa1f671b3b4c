import { type Kysely, sql } from 'kysely';

/**
 * Hashes of the audit trail that every version of PostgreSQL computes alike, and how far the trail was last followed.
 *
 * `extract` gives a double before PostgreSQL 14 and a numeric since: the same instant, other digits. Rows so far were
 * hashed over those digits, so for them either form counts; rows from now on are hashed over whole microseconds.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table audit add column hash_version smallint not null default 1`.execute(db);
  await sql`alter table audit alter column hash_version set default 2`.execute(db);
  await sql`
    create function audit_digest(entry audit, written_at jsonb) returns text language sql immutable as $$
      select encode(sha256(convert_to(jsonb_build_array(entry.prev_hash, entry.id, written_at,
        entry.operation_id, entry.actor_id, entry.process, entry.event, entry.details)::text, 'UTF8')), 'hex') $$`.execute(
    db,
  );
  await sql`
    create function audit_micros(entry audit) returns bigint language sql immutable as $$
      select (extract(epoch from entry.at) * 1000000)::bigint $$`.execute(db);
  await sql`
    create or replace function audit_hash(entry audit) returns text language sql immutable as $$
      select audit_digest(entry, case entry.hash_version
        when 1 then to_jsonb(round(audit_micros(entry)::numeric / 1000000, 6))
        else jsonb_build_array(entry.hash_version, audit_micros(entry)) end) $$`.execute(db);
  await sql`
    create function audit_hash_holds(entry audit) returns boolean language sql immutable as $$
      select entry.hash = audit_hash(entry) or (entry.hash_version = 1
        and entry.hash = audit_digest(entry, to_jsonb(extract(epoch from entry.at)::float8))) $$`.execute(db);
  await sql`
    create or replace function audit_chain() returns trigger language plpgsql as $$
    declare last audit;
    begin
      perform pg_advisory_xact_lock(7202612);
      select * into last from audit order by id desc limit 1;
      new.id := coalesce(last.id, 0) + 1;
      new.prev_hash := last.hash;
      new.hash_version := 2;
      new.hash := audit_hash(new);
      return new;
    end $$`.execute(db);
  // One row at most: up to which row the trail was found to hold, and what following all of it found last.
  await sql`
    create table audit_head (
      one boolean primary key default true check (one),
      id integer not null,
      hash text not null,
      whole_at timestamptz,
      broken_id integer,
      broken_why text
    )`.execute(db);
}
