import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { DatabaseTooNew, migrateToLatest } from '../../src/db/migrate.ts';
import type { Db } from '../../src/db/schema.ts';
import { createLogger } from '../../src/log.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { connectPostgres, emptyPostgresUrl } from '../support/postgres-databases.ts';

const log = createLogger('silent');
const one = new URL('./fixtures/one/', import.meta.url);
const two = new URL('./fixtures/two/', import.meta.url);
const broken = new URL('./fixtures/broken/', import.meta.url);

describeEachDatabase('a migrated database', (fresh) => {
  test('is left as it is by the same version', async () => {
    const db = await fresh();
    const before = await tables(db);
    await migrateToLatest(db, log);
    expect(await tables(db)).toEqual(before);
    expect(before).toContain('polls');
  });

  test('is refused by an older version, which changes nothing', async () => {
    const db = await fresh();
    const before = await tables(db);
    await expect(migrateToLatest(db, log, one)).rejects.toThrow(DatabaseTooNew);
    await expect(migrateToLatest(db, log, one)).rejects.toThrow(
      /was used by a newer version of this program \(it has 0001-polls-and-operations.*Nothing was changed/,
    );
    expect(await tables(db)).toEqual(before);
  });
});

describe('migrations', () => {
  const open: Db[] = [];
  afterEach(async () => {
    for (const db of open.splice(0)) await db.destroy();
  });
  const connect = (url: string) => {
    const db = connectPostgres(url);
    open.push(db);
    return db;
  };

  test('are applied once when several processes start at the same time', async () => {
    const url = await emptyPostgresUrl();
    const processes = Array.from({ length: 6 }, () => connect(url));
    await Promise.all(processes.map((db) => migrateToLatest(db, log)));
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(connect(url));
    expect(rows.filter((row) => row.name === '0001-polls-and-operations')).toHaveLength(1);
  });

  test('continue where an older version stopped', async () => {
    const db = connect(await emptyPostgresUrl());
    await migrateToLatest(db, log, one);
    expect(await tables(db)).toEqual(['first']);
    await migrateToLatest(db, log, two);
    expect(await tables(db)).toEqual(['first', 'second']);
  });

  test('leave nothing behind when one of them fails', async () => {
    const db = connect(await emptyPostgresUrl());
    await expect(migrateToLatest(db, log, broken)).rejects.toThrow('nonsense');
    expect(await tables(db)).toEqual([]);
  });
});

async function tables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables
    where schemaname = 'public' and tablename not like 'kysely%' order by tablename`.execute(db);
  return rows.map((row) => row.name);
}
