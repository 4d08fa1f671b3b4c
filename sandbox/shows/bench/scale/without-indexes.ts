import { sql } from 'kysely';
import type { Db } from '../../../../src/db/schema.ts';

/**
 * Runs `work` while a table has no index but those of its constraints, then makes the others again. That takes a
 * fraction of the time.
 */
export async function withoutIndexes(db: Db, table: string, work: () => Promise<void>): Promise<void> {
  const { rows } = await sql<{ name: string; definition: string }>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index where indrelid = ${table}::regclass
      and not exists (select from pg_constraint where conindid = indexrelid)`.execute(db);
  for (const { name } of rows) await sql`drop index ${sql.raw(name)}`.execute(db);
  await work();
  for (const { definition } of rows) {
    await db.transaction().execute(async (trx) => {
      await sql`set local maintenance_work_mem = '256MB'`.execute(trx);
      await sql`set local statement_timeout = 0`.execute(trx);
      await sql.raw(definition).execute(trx);
    });
  }
}
