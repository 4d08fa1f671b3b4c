import { Kysely, sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import { startOwnPostgres } from '../../../sandbox/machine/database-faults/own-postgres.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Schema } from '../../../src/db/schema.ts';
import { timings } from '../../../src/db/server/pool.ts';
import { serverDialect } from '../../../src/db/server/server-dialect.ts';
import { Links, ServerPool } from '../../../src/db/server/server-pool.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { connectPostgres } from '../../support/postgres-databases.ts';
import { mark, marks, opening, proxied } from './proxied-database.ts';

const log = createLogger('silent');

test.for(['cut', 'reset'] as const)(
  'connections that are %s in the middle of statements and of transactions end neither the process nor the work',
  async (how) => {
    const { proxy, database } = await proxied();
    const reached = Promise.withResolvers<void>();
    let statements = 0;
    proxy.onStatement = () => {
      statements += 1;
      if (statements === 12) reached.resolve();
      return null;
    };
    const writing = Array.from({ length: 12 }, (_, i) =>
      inTransaction(i % 2 ? database.db : database.workDb, async (trx) => {
        await mark(trx, String(i + 10));
        await sql`select pg_sleep(0.05)`.execute(trx);
      }),
    );
    await reached.promise;
    proxy[how]();
    await Promise.all(writing);
    expect(await marks(database.db)).toHaveLength(12);
  },
);

test('a server that is restarted in the middle of everything is waited for', async () => {
  await using server = await startOwnPostgres();
  const database = await opening(server.url);
  await Promise.all([mark(database.db, '1'), mark(database.workDb, '2')]);
  for (const how of ['fast', 'immediate'] as const) {
    const sleeping = sql`select pg_sleep(0.3)`.execute(database.db);
    await server.halt(how);
    const writing = inTransaction(database.workDb, (trx) => mark(trx, how));
    await expect(sql`select 1`.execute(database.probeDb)).rejects.toThrow();
    await server.resume();
    await Promise.all([sleeping, writing]);
  }
  expect(await marks(database.db)).toEqual(['1', '2', 'fast', 'immediate']);
});

test('connections that are half-open are found dead together, and what waited goes on over new ones', async () => {
  const { proxy, database } = await proxied();
  const uses = Array.from({ length: 4 }, () => [database.db, database.workDb]).flat();
  await Promise.all(uses.map((db) => sql`select pg_sleep(0.05)`.execute(db)));
  expect(proxy.seen.connections).toBeGreaterThanOrEqual(8);
  proxy.freeze();
  const started = performance.now();
  await mark(database.db, '1');
  const healed = performance.now() - started;
  expect(healed).toBeGreaterThan(timings.people.deadlineMs - 100);
  expect(healed).toBeLessThan(timings.people.deadlineMs + 2_000);
  // Whoever comes next, in either pool, meets no dead connection any more.
  const next = performance.now();
  await Promise.all(uses.map((db) => marks(db)));
  expect(performance.now() - next).toBeLessThan(2_000);
});

test('a statement that is only slow throws no suspicion on connections that answer', async () => {
  const { proxy } = await proxied();
  const pool = new ServerPool(proxy.url, 3, new Links(log), log);
  const db = new Kysely<Schema>({
    dialect: serverDialect(pool, { deadlineMs: 5_100, patienceMs: 0 }, () => pool.end()),
  });
  onTestFinished(() => db.destroy());
  const before = proxy.seen.connections;
  let slow = true;
  const missed = expect(sql`select pg_sleep(60)`.execute(db)).rejects.toThrow('no answer within 5.1 s');
  const ended = missed.finally(() => {
    slow = false;
  });
  // One answers again and again, one is busy for some seconds with something that takes its time.
  const busy = (async () => {
    while (slow) await sql`select pg_sleep(0.1)`.execute(db);
    await sql`select pg_sleep(0.1)`.execute(db);
  })();
  await sql`select pg_sleep(2)`.execute(db);
  await sql`select pg_sleep(4.9)`.execute(db);
  await Promise.all([ended, busy]);
  // Three, and one cancelled the slow statement.
  expect(proxy.seen.connections - before).toBe(4);
});

test('a network that takes connections and says nothing is left after its deadline', async () => {
  const { proxy, database } = await proxied();
  proxy.silence();
  proxy.cut();
  const asking = expect(sql`select 1`.execute(database.probeDb)).rejects.toThrow(
    'connection to the database was lost',
  );
  const writing = mark(database.db, '1');
  await asking;
  proxy.accept();
  await writing;
});

test('connections to a server that can only be read are made anew, and find the one that can be written', async () => {
  await using standby = await startOwnPostgres();
  const admin = connectPostgres(standby.url);
  await sql`alter system set default_transaction_read_only = on`.execute(admin);
  await sql`select pg_reload_conf()`.execute(admin);
  await admin.destroy();
  await using primary = await startOwnPostgres();
  const proxy = await DatabaseProxy.start(primary.url);
  onTestFinished(() => proxy.close());
  const database = await opening(proxy.url);
  await mark(database.db, '1');
  // The address moves to the standby, where the first connections land.
  proxy.moveTo(standby.url);
  proxy.cut();
  await expect.poll(() => marks(database.db)).toEqual([]);
  const refused = Promise.withResolvers<void>();
  proxy.onStatement = ({ sql }) => {
    if (sql.startsWith('insert')) refused.resolve();
    return null;
  };
  const writing = Promise.all([
    mark(database.db, '2'),
    inTransaction(database.workDb, (trx) => mark(trx, '3')),
  ]);
  await refused.promise;
  // It moves back, and nobody tells the connections, which all work.
  proxy.moveTo(primary.url);
  await writing;
  expect(await marks(database.db)).toEqual(['1', '2', '3']);
  expect(await marks(database.workDb)).toEqual(['1', '2', '3']);
});
