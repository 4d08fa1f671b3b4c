import { Kysely } from 'kysely';
import { inject } from 'vitest';
import { createDatabase } from '../../sandbox/machine/create-database.ts';
import { withClient } from '../../sandbox/machine/with-client.ts';
import { createLogger } from '../../src/base/log.ts';
import type { Db, Schema } from '../../src/db/schema.ts';
import { pooledDialect } from '../../src/db/server/pool.ts';
import { emptyAllTables } from './empty-all-tables.ts';
import { templateDatabase } from './global-setup.ts';

/** The URL of a new, migrated database on the test server, for tests with several processes or pools. */
export async function freshPostgresUrl(): Promise<string> {
  return await createDatabase(inject('postgresUrl'), 'test', templateDatabase);
}

/** As `freshPostgresUrl`, but without any table. */
export async function emptyPostgresUrl(): Promise<string> {
  return await createDatabase(inject('postgresUrl'), 'test');
}

/** Tests of a worker run one after the other and share a database; modules are loaded anew for each file. */
const shared: { gavelTestPostgresUrl?: Promise<string> } = globalThis as never;

/** The URL of the worker's database, migrated and emptied. Everything that is still connected to it is cut off. */
export async function emptiedPostgresUrl(): Promise<string> {
  shared.gavelTestPostgresUrl ??= freshPostgresUrl();
  const url = await shared.gavelTestPostgresUrl;
  await withClient(url, async (client) => {
    await client.query(`
      select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await client.query(emptyAllTables);
  });
  return url;
}

/** A pool on a database of the test server; the caller destroys it. */
export function connectPostgres(url: string): Db {
  return new Kysely<Schema>({ dialect: pooledDialect(url, createLogger('silent')) });
}
