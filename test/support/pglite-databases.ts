import type { PGlite } from '@electric-sql/pglite';
import { Kysely, type PGlite as PgliteLike } from 'kysely';
import { bootPglite, embeddedDialect } from '../../src/db/embedded.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import type { Db, Schema } from '../../src/db/schema.ts';
import { createLogger } from '../../src/log.ts';

/** Booting takes seconds, so the tests of a worker share one instance; modules are loaded anew for each file. */
const shared: { gavelTestPglite?: Promise<PGlite> } = globalThis as never;

/** The worker's embedded database, migrated and emptied. `retire` cuts off what a finished test left running on it. */
export async function freshPglite(): Promise<{ db: Db; retire: () => void }> {
  shared.gavelTestPglite ??= bootMigrated();
  const pglite = await shared.gavelTestPglite;
  await empty(pglite);
  let retired = false;
  const onlyWhileCurrent = () => {
    if (retired)
      throw new Error('This database belonged to a test that is over: something was left running.');
  };
  const lent: PgliteLike = {
    query: async (query, params, options) => {
      onlyWhileCurrent();
      return await pglite.query(query, params, options);
    },
    transaction: async (callback) => {
      onlyWhileCurrent();
      return await pglite.transaction(callback);
    },
    // Whoever borrows it may close it, as they would their own.
    close: async () => {
      retired = true;
    },
    get closed() {
      return retired;
    },
    ready: true,
    waitReady: pglite.waitReady,
  };
  return {
    db: new Kysely<Schema>({ dialect: embeddedDialect(lent) }),
    retire: () => {
      retired = true;
    },
  };
}

async function bootMigrated(): Promise<PGlite> {
  const pglite = await bootPglite();
  await migrateToLatest(new Kysely<Schema>({ dialect: embeddedDialect(pglite) }), createLogger('silent'));
  return pglite;
}

async function empty(pglite: PGlite): Promise<void> {
  // As a replica, so that the triggers that forbid truncation stay silent.
  await pglite.exec(`
    set session_replication_role = replica;
    do $$
    begin
      execute (
        select 'truncate ' || string_agg(quote_ident(tablename), ', ') || ' restart identity cascade'
        from pg_tables where schemaname = 'public' and tablename not like 'kysely%'
      );
    end $$;
    set session_replication_role = origin;
  `);
}
