import { randomUUID } from 'node:crypto';
import { Kysely } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';
import { createLogger } from '../../src/base/log.ts';
import type { Db, Schema } from '../../src/db/schema.ts';
import { pooledDialect } from '../../src/db/server/pool.ts';
import { emptyAllTables } from './empty-all-tables.ts';
import { templateDatabase } from './global-setup.ts';

/** The URL of a new, migrated database on the test server, for tests with several processes or pools. */
export async function freshPostgresUrl(): Promise<string> {
  return await createDatabase(templateDatabase);
}

/** As `freshPostgresUrl`, but without any table. */
export async function emptyPostgresUrl(): Promise<string> {
  return await createDatabase('template1');
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

/** Databases go with the server, so nothing drops them. */
async function createDatabase(template: string): Promise<string> {
  const url = new URL(inject('postgresUrl'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(url.href, (client) => client.query(`create database ${name} template ${template}`));
  url.pathname = name;
  return url.href;
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
