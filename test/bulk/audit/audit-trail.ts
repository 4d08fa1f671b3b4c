import { sql } from 'kysely';
import type { Db } from '../../../src/db/schema.ts';

/** What a superuser can do who first switches the trigger off. */
export async function tamper(db: Db, statement: ReturnType<typeof sql>): Promise<void> {
  await sql`alter table audit disable trigger all`.execute(db);
  await statement.execute(db);
  await sql`alter table audit enable trigger all`.execute(db);
}

/** So many entries, as one statement: of operations 1 to `length`. */
export async function longTrail(db: Db, length: number): Promise<void> {
  await sql`insert into audit (at, operation_id, process, event)
    select '2026-11-25T10:00:00.1Z', number, 'test', 'paused' from generate_series(1, ${length}::int) as number`.execute(
    db,
  );
}
