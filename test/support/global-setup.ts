import { Kysely, sql } from 'kysely';
import type { TestProject } from 'vitest/node';
import { startPostgresServer } from '../../sandbox/machine/postgres-server.ts';
import { createLogger } from '../../src/base/log.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import type { Schema } from '../../src/db/schema.ts';
import { pooledDialect } from '../../src/db/server/pool.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The test server, as superuser, database `postgres`. */
    postgresUrl: string;
  }
}

/** A migrated database that others are copied from. */
export const templateDatabase = 'gavel_template';

/** One PostgreSQL server for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgresServer();
  try {
    await makeTemplate(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('postgresUrl', server.url);
  return () => server.stop();
}

async function makeTemplate(url: string): Promise<void> {
  const log = createLogger('silent');
  const admin = new Kysely<Schema>({ dialect: pooledDialect(url, log) });
  await sql`create database ${sql.id(templateDatabase)}`.execute(admin);
  await admin.destroy();
  const templateUrl = new URL(url);
  templateUrl.pathname = templateDatabase;
  const template = new Kysely<Schema>({ dialect: pooledDialect(templateUrl.href, log) });
  await migrateToLatest(template, log);
  await template.destroy();
}
