import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/** An operation that this process ended. */
export interface EndedOperation {
  readonly kind: string;
  readonly outcome: string;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** Running time in seconds, without pauses; null if it never started or its row is gone. */
  readonly seconds: number | null;
}

/**
 * What this process ended between two entries of the audit trail, oldest first. The trail is written with the change
 * itself and numbered in the order of commits. So nothing is counted twice, and nothing is missed if a process dies
 * between two steps.
 */
export async function endedBetween(
  db: Db,
  processId: string,
  after: number,
  upTo: number,
): Promise<EndedOperation[]> {
  const { rows } = await sql<EndedOperation>`
    select coalesce(operation.kind, 'unknown') as kind, audit.details->>'result' as outcome,
      coalesce((audit.details->>'done')::int, 0) as done, coalesce((audit.details->>'failed')::int, 0) as failed,
      coalesce((audit.details->>'skipped')::int, 0) as skipped,
      (extract(epoch from operation.finished_at - operation.started_at) - operation.paused_ms / 1000.0)::float8 as seconds
    from audit left join operations as operation on operation.id = audit.operation_id
    where audit.id > ${after} and audit.id <= ${upTo} and audit.event = 'finished' and audit.process = ${processId}
    order by audit.id`.execute(db);
  return rows;
}

export async function lastEntry(db: Db): Promise<number> {
  const row = await db.selectFrom('audit').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.id ?? 0;
}

export interface Depths {
  readonly queued: number;
  readonly running: number;
  readonly paused: number;
  readonly cancelling: number;
  /** Polls whose message is behind and that no operation holds. */
  readonly outbox: number;
  /** Polls whose channel Discord refused for good. */
  readonly parked: number;
}

/** What waits, over all processes. An index answers each count. */
export async function readDepths(db: Db): Promise<Depths> {
  const { rows } = await sql<Depths>`
    select count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'running') as running,
      count(*) filter (where state = 'paused') as paused, count(*) filter (where state = 'cancelling') as cancelling,
      (select count(*) from polls
        where shown_revision < revision and held_by is null and parked_code is null) as outbox,
      (select count(*) from polls where parked_code is not null) as parked
    from operations where state in ('queued', 'running', 'paused', 'cancelling')`.execute(db);
  return rows[0]!;
}

/**
 * False on a standby, and if writing is switched off: then the server answers, and refuses every change. Throws if it
 * does not answer. https://www.postgresql.org/docs/current/hot-standby.html
 */
export async function isWritable(db: Db): Promise<boolean> {
  const { rows } = await sql<{ writable: boolean }>`
    select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable`.execute(
    db,
  );
  return rows[0]!.writable;
}

/** How long the database takes for the smallest question, in milliseconds. Throws if it does not answer. */
export async function databaseLatency(db: Db): Promise<number> {
  const asked = performance.now();
  await sql`select 1`.execute(db);
  return performance.now() - asked;
}
