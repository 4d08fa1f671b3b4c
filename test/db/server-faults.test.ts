import { Kysely, sql } from 'kysely';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { DatabaseProxy } from '../../sandbox/machine/database-faults/database-proxy.ts';
import { startOwnPostgres } from '../../sandbox/machine/database-faults/own-postgres.ts';
import type { StatementFault } from '../../sandbox/machine/database-faults/proxied-connection.ts';
import { TransactionPooler } from '../../sandbox/machine/database-faults/transaction-pooler.ts';
import { createLogger } from '../../src/base/log.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import type { Db, Schema } from '../../src/db/schema.ts';
import { timings } from '../../src/db/server/pool.ts';
import { serverDialect } from '../../src/db/server/server-dialect.ts';
import { Links, ServerPool } from '../../src/db/server/server-pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { connectPostgres, freshPostgresUrl } from '../support/postgres-databases.ts';

const log = createLogger('silent');
const opened: Database[] = [];

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

async function opening(databaseUrl: string): Promise<Database> {
  const database = await openDatabase({ databaseUrl, dataDir: '' }, log);
  opened.push(database);
  return database;
}

async function proxied(): Promise<{ proxy: DatabaseProxy; database: Database }> {
  const proxy = await DatabaseProxy.start(await freshPostgresUrl());
  onTestFinished(() => proxy.close());
  return { proxy, database: await opening(proxy.url) };
}

async function mark(db: Db, id: string): Promise<void> {
  await db
    .insertInto('handled_interactions')
    .values({ interaction_id: id, handled_at: new Date(0) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function marks(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('handled_interactions')
    .select('interaction_id')
    .orderBy('interaction_id')
    .execute();
  return rows.map((row) => row.interaction_id);
}

/** Lets `fault` befall the first statement that has `text` in it. */
function failOnce(proxy: DatabaseProxy, text: string, fault: StatementFault): { befell: boolean } {
  const once = { befell: false };
  proxy.onStatement = ({ sql }) => {
    if (once.befell || !sql.includes(text)) return null;
    once.befell = true;
    return fault;
  };
  return once;
}

const faults: readonly StatementFault[] = [
  '40P01',
  '40001',
  '57014',
  '57P01',
  '25006',
  '53300',
  'cut before',
  'cut after',
];

test.for(faults)('a single statement that meets %s is repeated, whoever sent it', async (fault) => {
  const { proxy, database } = await proxied();
  const once = failOnce(proxy, 'insert', fault);
  await mark(database.db, '1');
  expect(once.befell).toBe(true);
  expect(await marks(database.workDb)).toEqual(['1']);
});

test.for(
  faults.flatMap((fault) =>
    ['start transaction', 'insert', 'select', 'commit'].map((statement) => [fault, statement] as const),
  ),
)('a transaction that meets %s at its %s is repeated as a whole', async ([fault, statement]) => {
  const { proxy, database } = await proxied();
  const once = failOnce(proxy, statement, fault);
  const seen = await inTransaction(database.db, async (trx) => {
    await mark(trx, '1');
    return await marks(trx);
  });
  expect(once.befell).toBe(true);
  expect(seen).toEqual(['1']);
  expect(await marks(database.db)).toEqual(['1']);
});

test('a transaction is told where an earlier run of it may have been committed', async () => {
  const { proxy, database } = await proxied();
  for (const [fault, runs] of [
    ['cut before', [false, true]],
    ['cut after', [false, true]],
  ] as const) {
    failOnce(proxy, 'commit', fault);
    const told: boolean[] = [];
    await inTransaction(database.db, async (trx, again) => {
      told.push(again);
      await mark(trx, '1');
    });
    expect(told).toEqual(runs);
  }
  failOnce(proxy, 'insert', '57P01');
  const told: boolean[] = [];
  await inTransaction(database.db, async (trx, again) => {
    told.push(again);
    await mark(trx, '1');
  });
  expect(told).toEqual([false, false]);
});

test.for(faults)('a connection whose set-up meets %s is not lost to the pool', async (fault) => {
  const { proxy } = await proxied();
  const pool = new ServerPool(proxy.url, 2, new Links(log), log);
  const db = new Kysely<Schema>({
    dialect: serverDialect(pool, { ...timings.probe, patienceMs: 0 }, () => pool.end()),
  });
  onTestFinished(() => db.destroy());
  proxy.onStatement = ({ sql }) => (sql.includes('set_config') ? fault : null);
  for (let i = 0; i < 10; i += 1) await expect(marks(db)).rejects.toThrow();
  proxy.onStatement = () => null;
  await expect(Promise.all([marks(db), marks(db), marks(db)])).resolves.toHaveLength(3);
});

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

test('a statement that takes too long is given up on the server too', async () => {
  const { database } = await proxied();
  const slow = sql`select pg_sleep(3600)`.execute(database.probeDb);
  await expect(slow).rejects.toThrow('no answer within 2 s');
  const running = () =>
    sql`select pid from pg_stat_activity where query like '%pg_sleep(3600)%' and state = 'active' and pid <> pg_backend_pid()`.execute(
      database.db,
    );
  await expect.poll(async () => (await running()).rows).toEqual([]);
});

test('a long statement may take as long as it needs, beside deadlines of others', async () => {
  const { database } = await proxied();
  const patient = sql`select pg_sleep(2.5)`.execute(database.longDb);
  await expect(sql`select pg_sleep(2.5)`.execute(database.probeDb)).rejects.toThrow();
  await patient;
});

test('work that holds all its connections keeps nobody else waiting', async () => {
  const { database } = await proxied();
  const release = Promise.withResolvers<void>();
  const busy = Array.from({ length: 20 }, () =>
    inTransaction(database.workDb, async (trx) => {
      await sql`select 1`.execute(trx);
      await release.promise;
    }),
  );
  const started = performance.now();
  await mark(database.db, '1');
  expect(performance.now() - started).toBeLessThan(1_000);
  release.resolve();
  await Promise.all(busy);
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

test('behind a pooler by transaction no setting of ours lands on connections of others', async () => {
  const databaseUrl = await freshPostgresUrl();
  await using pooler = await TransactionPooler.start(databaseUrl, 2);
  const database = await opening(pooler.url);
  const ids = Array.from({ length: 20 }, (_, i) => String(i + 10));
  await Promise.all(
    ids.map((id, i) => inTransaction(i % 2 ? database.db : database.workDb, (trx) => mark(trx, id))),
  );
  expect(await marks(database.db)).toEqual(ids);
  const { rows } = await sql<{
    idle: string;
  }>`select current_setting('idle_in_transaction_session_timeout') as idle`.execute(database.db);
  expect(rows).toEqual([{ idle: '0' }]);
  const direct = connectPostgres(databaseUrl);
  const locks = await sql`select 1 from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`.execute(direct);
  await direct.destroy();
  expect(locks.rows).toEqual([]);
});
