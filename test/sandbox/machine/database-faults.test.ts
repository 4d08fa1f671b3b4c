import { spawnSync } from 'node:child_process';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { withClockShifted } from '../../../sandbox/machine/database-faults/clock-shift.ts';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import { startOwnPostgres } from '../../../sandbox/machine/database-faults/own-postgres.ts';
import { TransactionPooler } from '../../../sandbox/machine/database-faults/transaction-pooler.ts';
import { freshPostgresUrl } from '../../support/postgres-databases.ts';

const clients: pg.Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
});

/** A client whose connection may break. */
async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  clients.push(client);
  return client;
}

async function proxied(): Promise<{ proxy: DatabaseProxy; client: pg.Client }> {
  const proxy = await DatabaseProxy.start(await freshPostgresUrl());
  return { proxy, client: await connected(proxy.url) };
}

test('a proxy passes statements on, counts them, and makes the way longer', async () => {
  const { proxy, client } = await proxied();
  await using _ = proxy;
  proxy.countAnew();
  proxy.delay(60);
  const asked = performance.now();
  expect((await client.query('select $1::int as n', [7])).rows).toEqual([{ n: 7 }]);
  expect(performance.now() - asked).toBeGreaterThanOrEqual(58);
  expect(proxy.seen.statements).toBe(1);
});

test('a frozen connection says nothing, new ones pass, and what was sent arrives when it thaws', async () => {
  const { proxy, client } = await proxied();
  await using _ = proxy;
  proxy.freeze();
  let answered = false;
  const asking = client.query('select 1').then(() => {
    answered = true;
  });
  await (await connected(proxy.url)).query('select 1');
  expect(answered).toBe(false);
  proxy.thaw();
  await asking;
});

test.for(['cut', 'reset'] as const)('a %s ends what is under way with an error', async (how) => {
  const { proxy, client } = await proxied();
  await using _ = proxy;
  const sent = new Promise<void>((resolve) => {
    proxy.onStatement = () => {
      resolve();
      return null;
    };
  });
  const asking = client.query('select pg_sleep(60)');
  await sent;
  proxy[how]();
  await expect(asking).rejects.toThrow(how === 'cut' ? /terminated/ : /ECONNRESET/);
});

test.for(['40P01', '57014', '57P01'] as const)(
  'the server itself fails a statement with %s',
  async (code) => {
    const { proxy, client } = await proxied();
    await using _ = proxy;
    proxy.onStatement = ({ sql }) => (sql.includes('votes') ? code : null);
    await expect(client.query('delete from votes where poll_id = $1', [1])).rejects.toMatchObject({ code });
    const next = client.query('select 1');
    if (code === '57P01') await expect(next).rejects.toThrow();
    else await next;
  },
);

test('a statement is carried out or not where its connection is cut after or before it', async () => {
  const { proxy } = await proxied();
  await using _ = proxy;
  for (const fault of ['cut before', 'cut after'] as const) {
    const client = await connected(proxy.url);
    proxy.onStatement = ({ sql }) => (sql.startsWith('insert') ? fault : null);
    const insert = 'insert into handled_interactions (interaction_id, handled_at) values ($1, now())';
    await expect(client.query(insert, [fault])).rejects.toThrow('terminated');
  }
  const { rows } = await (await connected(proxy.url)).query(
    'select interaction_id from handled_interactions',
  );
  expect(rows).toEqual([{ interaction_id: 'cut after' }]);
});

test('refused and silent networks let nobody in', async () => {
  const { proxy } = await proxied();
  await using _ = proxy;
  proxy.refuse();
  await expect(new pg.Client({ connectionString: proxy.url }).connect()).rejects.toThrow();
  proxy.silence();
  const waiting = new pg.Client({ connectionString: proxy.url, connectionTimeoutMillis: 200 }).connect();
  await expect(waiting).rejects.toThrow('timeout');
  proxy.accept();
  await connected(proxy.url);
});

test('a pooler by transaction keeps transactions whole and sessions apart from their clients', async () => {
  await using pooler = await TransactionPooler.start(await freshPostgresUrl(), 2);
  const [one, two] = [await connected(pooler.url), await connected(pooler.url)];
  await one.query('begin');
  const pid = async (client: pg.Client) => (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
  const own = await pid(one);
  expect(await pid(two)).not.toBe(own);
  expect(await pid(one)).toBe(own);
  await one.query('select pg_advisory_lock(1)');
  await one.query('commit');
  await one.query('begin');
  expect(await pid(one)).not.toBe(own);
  await one.query('rollback');
  // The lock was left with a session that now serves anybody.
  const { rows } = await two.query(`select count(*)::int as held from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`);
  expect(rows).toEqual([{ held: 1 }]);
});

test('a server of one’s own is halted and resumed with its data', async () => {
  await using server = await startOwnPostgres();
  const before = await connected(server.url);
  await before.query("insert into handled_interactions (interaction_id, handled_at) values ('1', now())");
  const sleeping = expect(before.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57P01' });
  await server.halt('fast');
  await sleeping;
  await server.resume();
  await server.halt('immediate');
  await server.resume();
  const { rows } = await (await connected(server.url)).query(
    'select interaction_id from handled_interactions',
  );
  expect(rows).toEqual([{ interaction_id: '1' }]);
});

test('a process has another time than everybody else', () => {
  const { stdout } = spawnSync(
    process.execPath,
    ['-e', 'console.log(Date.now(), +new Date(), new Date(5).getTime())'],
    {
      env: { PATH: process.env.PATH, ...withClockShifted(3_600_000) },
      encoding: 'utf8',
    },
  );
  const [now, made, given] = stdout.trim().split(' ').map(Number);
  for (const shown of [now!, made!]) expect(Math.abs(shown - Date.now() - 3_600_000)).toBeLessThan(60_000);
  expect(given).toBe(5);
});
