import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import type { BotProcess } from '../../../sandbox/machine/bot-process.ts';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import { startOwnPostgres } from '../../../sandbox/machine/database-faults/own-postgres.ts';
import { TransactionPooler } from '../../../sandbox/machine/database-faults/transaction-pooler.ts';
import { type BotScene, type SceneOptions, startScene } from '../../support/bot-scene.ts';
import { freshPostgresUrl } from '../../support/databases.ts';
import { numberOf, resultOf } from '../progress-frames.ts';
import { expectCarriedOut, expectVersions } from '../support/carried-out.ts';
import { letLeasesRunOut, pollEdit } from '../support/crash.ts';

let scene: BotScene;

afterEach(() => scene.close());

async function startBots(options: SceneOptions): Promise<void> {
  scene = await startScene({ database: 'postgres', channels: 2, ...options });
}

/** A close with a few edits done and the next ones held, and the process that owns it. */
async function halfWay() {
  const polls = await scene.createPolls(8);
  const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
  const since = scene.sandbox.requests.length;
  const held = scene.sandbox.faults.hold(pollEdit(polls), { pass: 2 });
  const progress = await (await scene.admin.press(preview, 'Confirm')).message();
  await held.reached;
  const operation = numberOf(progress);
  const { owner } = await row(operation);
  const bot = scene.processes.find(({ child }) => child.pid === Number(owner?.split('/')[1])) as BotProcess;
  return { polls, since, held, progress, operation, bot };
}

async function row(operation: number) {
  return await scene.inDatabase((db) =>
    db.selectFrom('operations').selectAll().where('id', '=', operation).executeTakeFirstOrThrow(),
  );
}

/** When it was taken over, by the clock of the process that did it. */
async function takeovers(operation: number): Promise<Date[]> {
  const rows = await scene.inDatabase((db) =>
    db
      .selectFrom('audit')
      .select('at')
      .where('operation_id', '=', operation)
      .where('event', '=', 'taken over')
      .execute(),
  );
  return rows.map(({ at }) => at);
}

async function locks(): Promise<{ name: string; lock_key: number }[]> {
  return await scene.inDatabase((db) =>
    db.selectFrom('processes').select(['name', 'lock_key']).orderBy('name').execute(),
  );
}

/** Kills the owner; the lease and the claims that it leaves stand for half a minute or less. */
async function killOwner(): Promise<Awaited<ReturnType<typeof halfWay>> & { readonly leaseUntil: Date }> {
  const running = await halfWay();
  const { lease_until } = await row(running.operation);
  await running.bot.kill('SIGKILL');
  running.held.release();
  return { ...running, leaseUntil: lease_until! };
}

async function expectTakenOverBefore(operation: number, leaseUntil: Date): Promise<void> {
  const times = await takeovers(operation);
  expect(times).toHaveLength(1);
  expect(times[0]!.getTime()).toBeLessThan(leaseUntil.getTime());
}

test('the only process is killed: the next one goes on at once, whatever the lease says', async () => {
  await startBots({});
  const { polls, since, progress, operation, leaseUntil } = await killOwner();
  await scene.start();
  expect(await expectCarriedOut(scene, operation, { polls, since })).toBe(progress);
  await expectTakenOverBefore(operation, leaseUntil);
  await expectVersions(scene, polls, { version: 2, status: 'closed' });
  expect(await locks()).toHaveLength(1);
});

test('one of two processes is killed: the other goes on at once, whatever the lease says', async () => {
  await startBots({ processes: 2 });
  expect(await locks()).toHaveLength(2);
  const { polls, since, progress, operation, leaseUntil } = await killOwner();
  expect(await expectCarriedOut(scene, operation, { polls, since })).toBe(progress);
  await expectTakenOverBefore(operation, leaseUntil);
  expect(await locks()).toHaveLength(1);
});

test('a process whose lock’s connection is ended takes another lock, and keeps its operation', async () => {
  await startBots({ processes: 2 });
  const { held, progress, operation } = await halfWay();
  const before = await locks();
  for (let round = 0; round < 2; round += 1) {
    const now = await locks();
    await scene.inDatabase((db) =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'gavel (process lock)'`.execute(db),
    );
    await expect
      .poll(async () =>
        (await locks()).filter(({ lock_key }) => !now.some((one) => one.lock_key === lock_key)),
      )
      .toHaveLength(2);
  }
  expect((await locks()).map(({ name }) => name)).toEqual(before.map(({ name }) => name));
  held.release();
  expect((await resultOf(progress)).word).toBe('completed');
  expect(await takeovers(operation)).toEqual([]);
});

test('all connections of two living processes break, and each keeps what it works on', async () => {
  const proxy = await DatabaseProxy.start(await freshPostgresUrl());
  await using _ = proxy;
  await startBots({ databaseUrl: proxy.url, processes: 2 });
  const { held, progress, operation } = await halfWay();
  proxy.reset();
  const relocked = async () => (await locks()).length;
  await expect.poll(relocked).toBe(2);
  held.release();
  expect((await resultOf(progress)).word).toBe('completed');
  expect(await takeovers(operation)).toEqual([]);
});

test('a server that starts anew has forgotten all locks, which proves nobody dead', async () => {
  await using server = await startOwnPostgres();
  await startBots({ databaseUrl: server.url, processes: 2 });
  const { held, progress, operation } = await halfWay();
  const before = await locks();
  await server.halt('immediate');
  await server.resume();
  const anew = async () => {
    const known = new Set(before.map(({ lock_key }) => lock_key));
    return (await locks()).filter(({ lock_key }) => !known.has(lock_key));
  };
  await expect.poll(anew, { timeout: 20_000 }).toHaveLength(2);
  held.release();
  expect((await resultOf(progress)).word).toBe('completed');
  expect(await takeovers(operation)).toEqual([]);
});

test('behind a pooler nothing is read from locks: a living process is never taken for dead', async () => {
  const pooler = await TransactionPooler.start(await freshPostgresUrl(), 3);
  await using _ = pooler;
  await startBots({ databaseUrl: pooler.url, processes: 2 });
  for (const bot of scene.processes) await bot.logged(/a pooler is in front of the database/);
  const { held, progress, operation } = await halfWay();
  expect(await locks()).toEqual([]);
  held.release();
  expect((await resultOf(progress)).word).toBe('completed');
  expect(await takeovers(operation)).toEqual([]);
});

test('behind a pooler a dead process’ lease has to run out', async () => {
  const pooler = await TransactionPooler.start(await freshPostgresUrl(), 3);
  await using _ = pooler;
  await startBots({ databaseUrl: pooler.url, processes: 2 });
  const { polls, since, progress, operation } = await killOwner();
  await letLeasesRunOut(scene);
  expect(await expectCarriedOut(scene, operation, { polls, since })).toBe(progress);
});

test('a process that was suspended for longer than its lease keeps what nobody took over', async () => {
  await startBots({});
  const { held, progress, operation, bot } = await halfWay();
  bot.child.kill('SIGSTOP');
  await letLeasesRunOut(scene);
  bot.child.kill('SIGCONT');
  held.release();
  expect((await resultOf(progress)).word).toBe('completed');
  expect(await takeovers(operation)).toEqual([]);
  expect((await row(operation)).fence).toBe(1);
});

test('a process that lost the database for longer than its lease keeps what nobody took over', async () => {
  const url = await freshPostgresUrl();
  const proxy = await DatabaseProxy.start(url);
  await using _ = proxy;
  await startBots({ databaseUrl: proxy.url });
  const { held, progress, operation } = await halfWay();
  proxy.refuse();
  proxy.reset();
  const { connections } = proxy.seen;
  // It finds out, and tries to come back in vain.
  await expect.poll(() => proxy.seen.connections, { timeout: 10_000 }).toBeGreaterThan(connections + 3);
  scene.env.DATABASE_URL = url;
  await letLeasesRunOut(scene);
  held.release();
  proxy.accept();
  expect((await resultOf(progress)).word).toBe('completed');
  expect(await takeovers(operation)).toEqual([]);
  expect((await row(operation)).fence).toBe(1);
  await expect.poll(locks).toHaveLength(1);
});
