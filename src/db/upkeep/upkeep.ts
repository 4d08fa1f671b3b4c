import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/**
 * What autovacuum does on a server, by its measures; the embedded database has none. Without it tables and indexes
 * grow with every vote, and the planner knows nothing of their contents. Returns the tables that were due.
 */
export async function upkeep(db: Db): Promise<string[]> {
  // A session publishes its counts about once a second, unless it is told to.
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const { rows } = await sql<{ name: string }>`
    select quote_ident(tables.relname) as name from pg_stat_user_tables as tables join pg_class on pg_class.oid = relid
    where pg_relation_size(relid) > 0
      and (reltuples < 0 or n_dead_tup > 50 + 0.2 * reltuples or n_mod_since_analyze > 50 + 0.1 * reltuples)
    order by 1`.execute(db);
  for (const { name } of rows) await sql`vacuum (analyze) ${sql.raw(name)}`.execute(db);
  return rows.map(({ name }) => name);
}
