import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import { startOwnPostgres } from '../../../sandbox/machine/database-faults/own-postgres.ts';
import { type BotScene, type CreatedPoll, startScene } from '../../support/bot-scene.ts';
import { freePort } from '../../support/free-port.ts';
import { connectPostgres, freshPostgresUrl } from '../../support/postgres-databases.ts';
import { isClosed, numberOf, resultOf } from '../progress-frames.ts';
import { expectOneProgressMessage, expectShownOnce, expectVersions } from '../support/carried-out.ts';
import { pollEdit } from '../support/crash.ts';

/** A bot that reaches its database through a proxy; the test looks past it. */
async function behindProxy(
  env: Record<string, string> = {},
): Promise<{ scene: BotScene; proxy: DatabaseProxy }> {
  const directly = await freshPostgresUrl();
  const proxy = await DatabaseProxy.start(directly);
  onTestFinished(() => proxy.close());
  const scene = await startScene({ databaseUrl: proxy.url, env });
  onTestFinished(() => scene.close());
  scene.env = { ...scene.env, DATABASE_URL: directly };
  return { scene, proxy };
}

/** Confirms the close of some polls; the edits after the first three wait for `release`. */
async function halfWay(scene: BotScene, count = 12) {
  const polls = await scene.createPolls(count);
  const preview = await scene.preview('close', { polls: polls.map(({ id }) => id).join(' ') });
  const held = scene.sandbox.faults.hold(pollEdit(polls), { pass: 3 });
  const progress = await (await scene.admin.press(preview, 'Confirm')).message();
  await held.reached;
  return { polls, progress, release: held.release };
}

async function expectCompleted(
  scene: BotScene,
  { polls, progress }: Pick<Awaited<ReturnType<typeof halfWay>>, 'polls' | 'progress'>,
): Promise<void> {
  expect(await resultOf(progress, 45_000)).toEqual({ word: 'completed', counts: [polls.length, 0, 0, 0] });
  expect(polls.every(({ message }) => isClosed(message))).toBe(true);
  expectOneProgressMessage(scene, numberOf(progress));
  expectShownOnce(scene, polls);
  await expectVersions(scene, polls, { version: 2, status: 'closed' });
  expect(scene.bot.child.exitCode).toBeNull();
  expect(scene.sandbox.violations).toEqual([]);
}

async function vote(scene: BotScene, { message }: CreatedPoll): Promise<number> {
  const pressed = performance.now();
  const answer = await (await scene.admin.press(message, 'Tea')).message(25_000);
  expect(answer.text).toContain('**Tea**');
  return performance.now() - pressed;
}

test('a failover that says nothing is felt for some ten seconds, and costs neither votes nor an operation', async () => {
  const { scene, proxy } = await behindProxy();
  const asked = await scene.createPoll(scene.guild.channels[0]!.id);
  const underWay = await halfWay(scene);
  proxy.freeze();
  underWay.release();
  expect(await vote(scene, asked)).toBeLessThan(15_000);
  // Where one connection was found dead, nobody meets another one.
  const next = await scene.createPoll(scene.guild.channels[0]!.id);
  expect(await vote(scene, next)).toBeLessThan(4_000);
  await expectCompleted(scene, underWay);
});

test.for(['cut', 'reset'] as const)(
  'connections that are %s again and again under an operation cost nothing',
  async (how) => {
    const { scene, proxy } = await behindProxy();
    const underWay = await halfWay(scene, 24);
    const asked = await scene.createPoll(scene.guild.channels[0]!.id);
    let answers = 0;
    // Each so many statements, so that every run breaks the same way.
    proxy.onStatement = () => {
      answers += 1;
      if (answers % 25 === 0 && answers <= 200) setImmediate(() => proxy[how]());
      return null;
    };
    underWay.release();
    await vote(scene, asked);
    await expectCompleted(scene, underWay);
  },
);

test.for(['fast', 'immediate'] as const)(
  'a database server that is stopped (%s) and started again in the middle of an operation costs nothing',
  async (how) => {
    await using server = await startOwnPostgres();
    await using proxy = await DatabaseProxy.start(server.url);
    await using scene = await startScene({ databaseUrl: proxy.url });
    const asked = await scene.createPoll(scene.guild.channels[0]!.id);
    const underWay = await halfWay(scene);
    await server.halt(how);
    underWay.release();
    const voting = vote(scene, asked);
    const before = proxy.seen.connections;
    await expect.poll(() => proxy.seen.connections, { timeout: 20_000 }).toBeGreaterThan(before + 10);
    await server.resume();
    await voting;
    await expectCompleted(scene, underWay);
  },
);

test('a database that can only be read makes the bot not ready, and it goes on by itself when it can be written', async () => {
  await using server = await startOwnPostgres();
  const port = await freePort();
  await using scene = await startScene({ databaseUrl: server.url, env: { METRICS_PORT: String(port) } });
  const asked = await scene.createPoll(scene.guild.channels[0]!.id);
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
  const admin = connectPostgres(server.url);
  onTestFinished(() => admin.destroy());
  const readOnly = async (value: 'on' | 'off') => {
    await sql`alter system set default_transaction_read_only = ${sql.raw(value)}`.execute(admin);
    await sql`select pg_reload_conf()`.execute(admin);
  };
  expect(await ready()).toBe(200);
  await readOnly('on');
  await expect.poll(ready).toBe(503);
  const list = await scene.admin.slash(scene.guild.channels[0]!.id, 'poll list', {});
  expect((await list.message()).text).toContain('Tea or coffee?');
  const voting = vote(scene, asked);
  await readOnly('off');
  await voting;
  await expect.poll(ready).toBe(200);
});

test('somebody who asks while the database is away is told so in words', async () => {
  const { scene, proxy } = await behindProxy();
  proxy.refuse();
  proxy.cut();
  const asking = await scene.admin.slash(scene.guild.channels[0]!.id, 'poll list', {});
  const { text } = await asking.message(40_000);
  expect(asking.acknowledgedAfterMs).toBeLessThan(3_000);
  expect(text).toContain('cannot reach its database');
  proxy.accept();
  await vote(scene, await scene.createPoll(scene.guild.channels[0]!.id));
});
