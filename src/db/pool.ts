import { CompiledQuery, type Dialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { valueParsers } from './value-parsers.ts';

/** Connections of one process. Several processes share a server whose usual maximum is 100. */
const maxConnections = 10;
const connectTimeoutMs = 10_000;

/**
 * Kysely over a pool of connections to a PostgreSQL server. Connections are made when first needed; destroying the
 * Kysely ends the pool.
 */
export function pooledDialect(databaseUrl: string, log: Logger): Dialect {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'gavel',
    types: { getTypeParser: (oid, format) => valueParsers[oid] ?? pg.types.getTypeParser(oid, format) },
  });
  // An idle connection that breaks is dropped by the pool and replaced at the next query; unheard, the event ends the process.
  pool.on('error', (error) => log.warn({ err: error }, 'lost an idle connection to the database'));
  return new PostgresDialect({
    pool,
    onCreateConnection: async (connection) => {
      // Set by statement and not at connection start, which poolers in between refuse. A machine that vanishes inside
      // a transaction would keep its row locks until TCP notices, long after its lease ran out.
      await connection.executeQuery(
        CompiledQuery.raw(
          `select set_config('timezone', 'UTC', false),
            set_config('statement_timeout', '60s', false),
            set_config('idle_in_transaction_session_timeout', '15s', false)`,
        ),
      );
    },
  });
}
