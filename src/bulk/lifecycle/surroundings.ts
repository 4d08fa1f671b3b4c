import { sql } from 'kysely';
import { isLockHeld } from '../../db/process-lock.ts';
import type { Db } from '../../db/schema.ts';
import type { LostLock } from './dead-owners.ts';
import { isOwnerless, unfinished } from './lease.ts';

/** What a process sees of the others, and of what waits. */
export interface Surroundings {
  /** Unfinished operations that others own. */
  readonly foreign: number;
  /** Whether any can be taken over because nobody's lease forbids it. */
  readonly ownerless: boolean;
  /** Whether any waits for a slot. */
  readonly queued: boolean;
  /** Other processes that can be proven dead, and those of them whose lock is free. */
  readonly processes: number;
  readonly lost: readonly LostLock[];
}

/** Reads it in one statement, once a second or more often. `own`: the operations on which this process works. */
export async function readSurroundings(
  db: Db,
  processId: string,
  own: readonly number[],
): Promise<Surroundings> {
  const { rows } = await sql<Surroundings>`
    with unfinished as materialized (
      select state, ${isOwnerless(processId)} as ownerless, id <> all(${[...own]}::int[]) as foreign
      from operations where ${unfinished}
    ), others as (
      select name, lock_key, server_started = pg_postmaster_start_time() and not ${isLockHeld} as lost
      from processes where name <> ${processId}
    )
    select
      (select count(*) from unfinished where "foreign")::int as "foreign",
      exists (select from unfinished where ownerless and "foreign") as ownerless,
      exists (select from unfinished where state = 'queued') as queued,
      (select count(*) from others)::int as processes,
      (select coalesce(json_agg(json_build_object('name', name, 'lockKey', lock_key)), '[]') from others where lost) as lost`.execute(
    db,
  );
  return rows[0]!;
}
