import { onTestFinished } from 'vitest';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import { createLogger } from '../../../src/base/log.ts';
import { type Database, openDatabase } from '../../../src/db/database.ts';
import type { Db } from '../../../src/db/schema.ts';
import { freshPostgresUrl } from '../../support/postgres-databases.ts';

/** A database that is opened at this address and closed with the test. */
export async function opening(databaseUrl: string): Promise<Database> {
  const database = await openDatabase({ databaseUrl, dataDir: '' }, createLogger('silent'));
  onTestFinished(() => database.close());
  return database;
}

export async function proxied(): Promise<{ proxy: DatabaseProxy; database: Database }> {
  const proxy = await DatabaseProxy.start(await freshPostgresUrl());
  onTestFinished(() => proxy.close());
  return { proxy, database: await opening(proxy.url) };
}

/** Writes a row, and once only: written again it changes nothing. */
export async function mark(db: Db, id: string): Promise<void> {
  await db
    .insertInto('handled_interactions')
    .values({ interaction_id: id, handled_at: new Date(0) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function marks(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('handled_interactions')
    .select('interaction_id')
    .orderBy('interaction_id')
    .execute();
  return rows.map((row) => row.interaction_id);
}
