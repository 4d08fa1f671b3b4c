import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { startOwnPostgres } from '../../sandbox/machine/database-faults/own-postgres.ts';
import { systemClock } from '../../src/base/clock.ts';
import { CannotStart } from '../../src/base/errors.ts';
import { createLogger } from '../../src/base/log.ts';
import { openDatabase } from '../../src/db/database.ts';
import type { Db } from '../../src/db/schema.ts';
import { Metrics, type MetricsSources } from '../../src/metrics/metrics.ts';
import { MetricsServer } from '../../src/metrics/metrics-server.ts';
import { readiness } from '../../src/metrics/readiness.ts';
import { applyPlanned } from '../bulk/apply-planned.ts';
import { postedPolls, processName, running } from '../bulk/bulk-fixture.ts';
import { finish } from '../bulk/steps.ts';
import { minutes } from '../polls/poll-fixture.ts';
import { describeEachDatabase } from '../support/databases.ts';

function sources(db: Db, changes: Partial<MetricsSources> = {}): MetricsSources {
  return {
    db,
    probeDb: db,
    log: createLogger('silent'),
    processId: processName,
    shards: () => ({ ready: 2, reconnecting: 1 }),
    waiting: () => ({ lanes: 3, jobs: 40, outage: false }),
    operations: () => ({ executing: 2, waiting: 1 }),
    paceWaiting: () => 7,
    invalidRequests: () => 11,
    ...changes,
  };
}

/** Listens on a free port until the test ends; asks by real requests. */
async function served(metrics: Metrics, from: MetricsSources, gateway = 'ok') {
  const server = new MetricsServer({
    host: '127.0.0.1',
    port: 0,
    log: createLogger('silent'),
    metrics: () => metrics.text(from),
    readiness: () => readiness(from.db, gateway, systemClock),
  });
  await server.start();
  onTestFinished(() => server.stop());
  const { port } = server;
  return async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  };
}

/** One poll of two fails. */
async function ranOperation(db: Db): Promise<void> {
  const [, b] = (await postedPolls(db, 2)) as [number, number];
  await finish(db, await applyPlanned(db, await running(db)), [b], minutes(2));
}

describeEachDatabase('metrics', (fresh) => {
  test('count what this process ended, once each, and not what ended before it started', async () => {
    const db = await fresh();
    await ranOperation(db);
    const metrics = new Metrics();
    await metrics.start({ db });
    await ranOperation(db);
    const ask = await served(metrics, sources(db));
    const texts = await Promise.all([ask('/metrics'), ask('/metrics'), ask('/metrics')]);
    const { status, type, text } = texts[2]!;
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toContain('gavel_operations_total{kind="close",outcome="completed with failures"} 1\n');
    expect(text).toContain('gavel_polls_total{kind="close",outcome="done"} 1\n');
    expect(text).toContain('gavel_polls_total{kind="close",outcome="failed"} 1\n');
    expect(text).toContain('gavel_operation_seconds_sum{kind="close"} 60\n');
    const other = new Metrics();
    await other.start({ db });
    expect(await other.text(sources(db, { processId: 'another' }))).not.toContain('gavel_operations_total{');
  });

  test('tell what waits, how the gateway is, and what Discord answers', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    await running(db);
    await db.updateTable('polls').set({ revision: 2 }).execute();
    const metrics = new Metrics();
    metrics.observe({ kind: 'edit', status: 200, durationMs: 120, waitedMs: 20 });
    metrics.observe({ kind: 'edit', status: 429, durationMs: 30, waitedMs: 0 });
    metrics.observe({ kind: 'post', status: null, durationMs: 10_000, waitedMs: 0 });
    const { text } = await (await served(metrics, sources(db)))('/metrics');
    for (const line of [
      'gavel_operations_open{state="running"} 1',
      'gavel_operations_open{state="queued"} 0',
      'gavel_operations_queue{state="executing"} 2',
      'gavel_operations_queue{state="waiting"} 1',
      'gavel_polls_behind 2',
      'gavel_delivery_lanes_waiting 3',
      'gavel_delivery_jobs_waiting 40',
      'gavel_discord_turns_waiting 7',
      'gavel_discord_outage 0',
      'gavel_gateway_shards{status="ready"} 2',
      'gavel_gateway_shards{status="reconnecting"} 1',
      'gavel_discord_requests_total{kind="edit",status="200"} 1',
      'gavel_discord_requests_total{kind="post",status="none"} 1',
      'gavel_discord_rate_limited_total{bucket="edit"} 1',
      'gavel_database_up 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/^gavel_database_latency_seconds 0\.\d+/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  });

  test('are ready only while database and gateway work', async () => {
    const db = await fresh();
    const good = await served(new Metrics(), sources(db));
    const ready = await good('/readyz');
    expect([ready.status, JSON.parse(ready.text)]).toEqual([
      200,
      { status: 'ok', database: 'ok', gateway: 'ok' },
    ]);
    const away = await served(new Metrics(), sources(db), 'not connected yet');
    const waiting = await away('/readyz');
    expect([waiting.status, JSON.parse(waiting.text)]).toEqual([
      503,
      { status: 'not ready', database: 'ok', gateway: 'not connected yet' },
    ]);
    expect((await good('/metrics')).text).toContain('gavel_polls_behind 0\n');
    await db.destroy();
    const down = await good('/readyz');
    expect([down.status, JSON.parse(down.text).database]).toEqual([503, 'does not answer']);
    expect((await good('/healthz')).status).toBe(200);
    const { status, text } = await good('/metrics');
    expect(status).toBe(200);
    expect(text).toContain('gavel_database_up 0\n');
    // A zero would be a claim: nobody knows how many there are.
    expect(text).not.toMatch(
      /^gavel_(polls_behind|polls_parked|operations_open|database_latency_seconds)[ {]/m,
    );
  });

  test('answer nothing else', async () => {
    const db = await fresh();
    const ask = await served(new Metrics(), sources(db));
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/metrics', 'POST')).status).toBe(405);
    expect((await ask('/healthz?x=1')).status).toBe(200);
  });
});

test('a server that has become a standby is told from one that works, and from one that is away', async () => {
  await using server = await startOwnPostgres(['wal_level=replica']);
  const { probeDb, close } = await openDatabase(
    { databaseUrl: server.url, dataDir: '' },
    createLogger('silent'),
  );
  onTestFinished(close);
  const database = async () => (await readiness(probeDb, 'ok', systemClock)).parts.database;
  expect(await database()).toBe('ok');
  await server.halt('fast');
  expect(await database()).toBe('does not answer');
  await writeFile(join(server.directory, 'standby.signal'), '');
  await server.resume();
  expect(await database()).toMatch(/^is read-only/);
  await sql`select pg_promote()`.execute(probeDb);
  expect(await database()).toBe('ok');
  await sql`alter system set default_transaction_read_only = on`.execute(probeDb);
  await sql`select pg_reload_conf()`.execute(probeDb);
  await expect.poll(database).toMatch(/^is read-only/);
});

test('a port in use is refused in words', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void blocker.close());
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as AddressInfo;
  const parts = { host: '127.0.0.1', port, log: createLogger('silent') };
  const server = new MetricsServer({
    ...parts,
    metrics: async () => '',
    readiness: async () => ({ ready: true, parts: { database: 'ok', gateway: 'ok' } }),
  });
  await expect(server.start()).rejects.toThrow(CannotStart);
  await expect(server.start()).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port} (METRICS_HOST, METRICS_PORT)`,
  );
});
