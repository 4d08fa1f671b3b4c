import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase } from '../../../machine/create-database.ts';
import { type PostgresServer, startPostgresServer } from '../../../machine/postgres-server.ts';
import { withClient } from '../../../machine/with-client.ts';

/** Which database the bots of a benchmark use. */
export interface BenchDatabase {
  readonly name: string;
  /** The environment of a bot that gets a database of its own. */
  env(): Promise<Readonly<Record<string, string>>>;
  /** The milliseconds that the server worked on statements for the bot with this environment; null: not measured. */
  busyMs(env: Readonly<Record<string, string>>): Promise<number | null>;
  stop(): Promise<void>;
}

/** The database that is part of the bot's process. */
export const embeddedDatabase: BenchDatabase = {
  name: 'the embedded database',
  env: async () => ({}),
  busyMs: async () => null,
  stop: async () => {},
};

/** A PostgreSQL server without durability, with a database for each bot. */
export async function postgresDatabase(): Promise<BenchDatabase> {
  const server = await startPostgresServer();
  return {
    name: 'PostgreSQL',
    env: async () => ({ DATABASE_URL: await createDatabase(server.url, 'bench') }),
    busyMs: (env) => busyMs(server, new URL(env.DATABASE_URL!).pathname.slice(1)),
    stop: () => server.stop(),
  };
}

/**
 * `active_time` counts the time that every session of the database spent executing (PostgreSQL's manual,
 * "pg_stat_database").
 */
async function busyMs(server: PostgresServer, name: string): Promise<number> {
  // Sessions report their figures at most once a second.
  await sleep(1500);
  const text = 'select active_time from pg_stat_database where datname = $1';
  const { rows } = await withClient(server.url, (client) => client.query(text, [name]));
  return Number(rows[0]?.active_time);
}
