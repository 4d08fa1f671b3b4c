import { Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { embeddedDialect } from '../../../src/db/embedded/embedded.ts';
import { DiskFull, guardFreeSpace } from '../../../src/db/embedded/free-space.ts';
import type { Db, Schema } from '../../../src/db/schema.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { freshPglite } from '../../support/pglite-databases.ts';

const mib = 1024 * 1024;

test('a full disk refuses writes before they are tried, and still answers reads', async () => {
  const { db, disk } = await onDisk(10 * mib);
  await expect(write(db)).rejects.toThrow(DiskFull);
  await expect(write(db)).rejects.toThrow('Only 10 MiB are free where the database is kept (/data)');
  await expect(inTransaction(db, write)).rejects.toThrow(DiskFull);
  await expect(sql`with x as (select 1) select 1 from polls for update`.execute(db)).rejects.toThrow(
    DiskFull,
  );
  expect(await written(db)).toBe(0);
  disk.free = 100 * mib;
  await write(db);
  expect(await written(db)).toBe(1);
});

test('the disk is looked at every two seconds at most, while there is room', async () => {
  const { db, disk } = await onDisk(100 * mib);
  await write(db);
  disk.free = 10 * mib;
  disk.now = 1_999;
  await write(db);
  expect(disk.looks).toBe(1);
  disk.now = 2_000;
  await expect(write(db)).rejects.toThrow(DiskFull);
  expect(disk.looks).toBe(2);
});

async function onDisk(free: number): Promise<{ db: Db; disk: { free: number; now: number; looks: number } }> {
  const disk = { free, now: 0, looks: 0 };
  const { pglite } = await freshPglite();
  const guard = guardFreeSpace('/data', {
    freeBytes: async () => {
      disk.looks += 1;
      return disk.free;
    },
    monotonicMs: () => disk.now,
  });
  return { db: new Kysely<Schema>({ dialect: embeddedDialect(guard.wrap(pglite)) }), disk };
}

let ids = 0;

async function write(db: Db): Promise<void> {
  ids += 1;
  await db
    .insertInto('handled_interactions')
    .values({ interaction_id: String(ids), handled_at: new Date(0) })
    .execute();
}

async function written(db: Db): Promise<number> {
  return (await db.selectFrom('handled_interactions').select('interaction_id').execute()).length;
}
