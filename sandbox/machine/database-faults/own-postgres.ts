import { Kysely } from 'kysely';
import { createLogger } from '../../../src/base/log.ts';
import { migrateToLatest } from '../../../src/db/migrate.ts';
import type { Schema } from '../../../src/db/schema.ts';
import { pooledDialect } from '../../../src/db/server/pool.ts';
import { type PostgresServer, startPostgresServer } from '../postgres-server.ts';

/**
 * Starts a server for one test alone, which can halt and resume it. `url` leads to a migrated, empty database. What
 * was committed outlives a halt.
 */
export async function startOwnPostgres(
  settings: readonly string[] = [],
): Promise<PostgresServer & AsyncDisposable> {
  const server = await startPostgresServer(['synchronous_commit=on', ...settings]);
  const log = createLogger('silent');
  const db = new Kysely<Schema>({ dialect: pooledDialect(server.url, log) });
  try {
    await migrateToLatest(db, log);
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    await db.destroy();
  }
  return { ...server, [Symbol.asyncDispose]: () => server.stop() };
}
