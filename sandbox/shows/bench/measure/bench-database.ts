import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type PostgresServer, startPostgresServer } from '../../../machine/postgres-server.ts';

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
    env: () => newDatabase(server),
    busyMs: (env) => busyMs(server, new URL(env.DATABASE_URL!).pathname.slice(1)),
    stop: () => server.stop(),
  };
}

async function newDatabase(server: PostgresServer): Promise<Record<string, string>> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  await query(server, `create database ${name}`, []);
  const url = new URL(server.url);
  url.pathname = name;
  return { DATABASE_URL: url.href };
}

/**
 * `active_time` counts the time that every session of the database spent executing (PostgreSQL's manual,
 * "pg_stat_database").
 */
async function busyMs(server: PostgresServer, name: string): Promise<number> {
  // Sessions report their figures at most once a second.
  await sleep(1500);
  const [row] = await query(server, 'select active_time from pg_stat_database where datname = $1', [name]);
  return Number(row?.active_time);
}

async function query(
  server: PostgresServer,
  text: string,
  values: readonly string[],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
