import { randomUUID } from 'node:crypto';
import { Kysely } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';
import { pooledDialect } from '../../src/db/pool.ts';
import type { Db, Schema } from '../../src/db/schema.ts';
import { createLogger } from '../../src/log.ts';
import { templateDatabase } from './global-setup.ts';

/** The URL of a new, migrated database on the test server, for tests with several processes or pools. */
export async function freshPostgresUrl(): Promise<string> {
  return await createDatabase(templateDatabase);
}

/** As `freshPostgresUrl`, but without any table. */
export async function emptyPostgresUrl(): Promise<string> {
  return await createDatabase('template1');
}

/** A pool on a database of the test server; the caller destroys it. */
export function connectPostgres(url: string): Db {
  return new Kysely<Schema>({ dialect: pooledDialect(url, createLogger('silent')) });
}

/** Databases go with the server, so nothing drops them. */
async function createDatabase(template: string): Promise<string> {
  const url = new URL(inject('postgresUrl'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(`create database ${name} template ${template}`);
  } finally {
    await client.end();
  }
  url.pathname = name;
  return url.href;
}
