import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../../src/db/schema.ts';
import { upkeep } from '../../../src/db/upkeep/upkeep.ts';
import { freshPglite } from '../../support/pglite-databases.ts';

test('tables of the embedded database that changed much are vacuumed and analyzed, the others left alone', async () => {
  const { db, retire } = await freshPglite();
  await upkeep(db);
  await handled(db, 1000);
  expect(await upkeep(db)).toEqual(['handled_interactions']);
  expect(await statistics(db)).toBeGreaterThan(0);
  expect(await upkeep(db)).toEqual([]);
  await db.updateTable('handled_interactions').set({ handled_at: new Date() }).execute();
  expect(await upkeep(db)).toEqual(['handled_interactions']);
  // What is vacuumed makes room for what comes, instead of growing.
  const size = await bytes(db);
  await db.updateTable('handled_interactions').set({ handled_at: new Date() }).execute();
  expect(await bytes(db)).toBe(size);
  retire();
});

async function handled(db: Db, count: number): Promise<void> {
  await sql`
    insert into handled_interactions (interaction_id, handled_at)
    select i::text, now() from generate_series(1, ${count}::int) as i`.execute(db);
}

async function statistics(db: Db): Promise<number> {
  const { rows } = await sql<{ known: number }>`
    select count(*)::int as known from pg_stats where tablename = 'handled_interactions'`.execute(db);
  return rows[0]!.known;
}

async function bytes(db: Db): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select pg_relation_size('handled_interactions')::int as bytes`.execute(db);
  return rows[0]!.bytes;
}
