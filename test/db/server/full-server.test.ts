import { Kysely, sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../../src/base/log.ts';
import { openDatabase } from '../../../src/db/database.ts';
import { serverDialect } from '../../../src/db/server/server-dialect.ts';
import { Links, ServerPool } from '../../../src/db/server/server-pool.ts';
import { inNoTime } from '../../support/in-no-time.ts';
import { connectPostgres, emptyPostgresUrl } from '../../support/postgres-databases.ts';

const log = createLogger('silent');

/** An empty database, and a user of it who may have only so many connections. */
async function databaseWith(connections: number): Promise<string> {
  const url = new URL(await emptyPostgresUrl());
  const role = `few${url.pathname.slice(1)}`;
  const owner = connectPostgres(url.href);
  try {
    await sql`create role ${sql.id(role)} login password 'few' connection limit ${sql.lit(connections)}`.execute(
      owner,
    );
  } finally {
    await owner.destroy();
  }
  return Object.assign(url, { username: role, password: 'few' }).href;
}

test('where all connections that the server has lie idle in one pool, the other gets what it needs', async () => {
  const url = await databaseWith(3);
  const links = new Links(log);
  const pool = () => {
    const one = new ServerPool(url, 8, links, log);
    const db = new Kysely<unknown>({
      dialect: serverDialect(one, { deadlineMs: 8_000, patienceMs: 8_000 }, () => one.end()),
    });
    onTestFinished(() => db.destroy());
    return db;
  };
  const [people, work] = [pool(), pool()];
  const askAtOnce = (db: Kysely<unknown>) =>
    Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.2)`.execute(db)));
  await askAtOnce(work);
  await sql`select 1`.execute(people);
  await Promise.all([askAtOnce(people), askAtOnce(work)]);
});

test('a start at a server without a free connection says how many it takes', async () => {
  const url = await databaseWith(0);
  await expect(openDatabase({ databaseUrl: url, dataDir: '' }, log, inNoTime())).rejects.toThrow(
    /too many connections for role .* A process takes up to 17 connections: raise/,
  );
});
