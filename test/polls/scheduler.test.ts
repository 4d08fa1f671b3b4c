import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import type { Db } from '../../src/db/schema.ts';
import { closeDue, openDue } from '../../src/polls/due-store.ts';
import { findPoll } from '../../src/polls/poll-store.ts';
import { createScheduler } from '../../src/polls/scheduler.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { minutes, now, operation, postedPoll } from './poll-fixture.ts';

const role = '900000000000000401';

describeEachDatabase('polls whose time has come', (fresh) => {
  test('open, and ask for their ping', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1', { opensAt: minutes(1), pingRoleId: role });
    const later = await postedPoll(db, '2', { opensAt: minutes(9) });
    expect(await openDue(db, now)).toEqual([]);
    expect(await openDue(db, minutes(1))).toEqual([
      { pollId: poll.id, channelId: poll.channelId, messageId: poll.messageId },
    ]);
    expect(await openDue(db, minutes(2))).toEqual([]);
    expect(await findPoll(db, everyServer, poll.id)).toMatchObject({
      status: 'active',
      version: 2,
      revision: 2,
    });
    expect(await findPoll(db, everyServer, later.id)).toMatchObject({ status: 'scheduled', version: 1 });
    expect(await pingPending(db, poll.id)).toBe(true);
  });

  test('close at their closing time', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1', { closesAt: minutes(1) });
    expect(await closeDue(db, now)).toEqual([]);
    expect(await closeDue(db, minutes(3))).toHaveLength(1);
    expect(await findPoll(db, everyServer, poll.id)).toMatchObject({
      status: 'closed',
      closedAt: minutes(1),
      version: 2,
      revision: 2,
    });
  });

  test('end closed and ping nobody when both times passed while nobody was running', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1', { opensAt: minutes(1), closesAt: minutes(2), pingRoleId: role });
    expect(await openDue(db, minutes(10))).toEqual([]);
    expect(await closeDue(db, minutes(10))).toHaveLength(1);
    expect(await findPoll(db, everyServer, poll.id)).toMatchObject({ status: 'closed', version: 2 });
    expect(await pingPending(db, poll.id)).toBe(false);
  });

  test('wait while an operation holds them, and stay as they are when deleted', async () => {
    const db = await fresh();
    const held = await postedPoll(db, '1', { opensAt: minutes(1) });
    const deleted = await postedPoll(db, '2', { closesAt: minutes(1) });
    const holder = await operation(db, '3');
    await db.updateTable('polls').set({ held_by: holder }).where('id', '=', held.id).execute();
    await db.updateTable('polls').set({ deleted_at: now }).where('id', '=', deleted.id).execute();
    expect([...(await openDue(db, minutes(2))), ...(await closeDue(db, minutes(2)))]).toEqual([]);
    await db.updateTable('polls').set({ held_by: null }).execute();
    expect(await openDue(db, minutes(2))).toHaveLength(1);
  });

  test('are each taken by one of several processes', async () => {
    const db = await fresh();
    for (let n = 0; n < 30; n += 1) await postedPoll(db, String(n), { closesAt: minutes(1) });
    const taken = await Promise.all([1, 2, 3].map(() => closeDue(db, minutes(2))));
    const ids = taken.flat().map((poll) => poll.pollId);
    expect(new Set(ids).size).toBe(ids.length);
    await closeDue(db, minutes(2));
    const rows = await db.selectFrom('polls').select(['status', 'version']).execute();
    expect(rows.every((row) => row.status === 'closed' && row.version === 2)).toBe(true);
  });

  test('are found by the scheduler at its first tick and as time goes on', async () => {
    const db = await fresh();
    const overdue = await postedPoll(db, '1', { closesAt: minutes(1) });
    const next = await postedPoll(db, '2', { opensAt: minutes(20) });
    const clock = new HandClock(minutes(10));
    const refreshed = new EventEmitter();
    const scheduler = createScheduler({
      db,
      clock,
      log: createLogger('silent'),
      refresh: (poll) => refreshed.emit('poll', poll.pollId),
    });
    const first = once(refreshed, 'poll');
    await scheduler.start();
    expect(await first).toEqual([overdue.id]);
    const second = once(refreshed, 'poll');
    clock.set(minutes(20));
    expect(await second).toEqual([next.id]);
    await scheduler.stop();
    expect(clock.sleeping).toBe(0);
  });

  test('are slept for, ten seconds at most, and looked for at once after a change here', async () => {
    const db = await fresh();
    const clock = new HandClock(now);
    const statements = countStatements(db);
    const scheduler = createScheduler({
      db: statements.db,
      clock,
      log: createLogger('silent'),
      refresh: () => {},
    });
    await scheduler.start();
    expect(await clock.asleep()).toBe(10_000);
    expect(statements.count).toBe(3);
    await postedPoll(db, '1', { closesAt: new Date(now.getTime() + 4_000) });
    scheduler.wake();
    // What changes again and again is looked at once a second.
    expect(await clock.asleep()).toBe(1_000);
    clock.set(new Date(now.getTime() + 1_000));
    expect(await clock.asleep()).toBe(3_020);
    clock.set(new Date(now.getTime() + 4_020));
    expect(await clock.asleep()).toBe(10_000);
    expect(await db.selectFrom('polls').select('status').execute()).toEqual([{ status: 'closed' }]);
    await scheduler.stop();
  });
});

/** The same database, which counts what is asked of it. */
function countStatements(db: Db): { db: Db; readonly count: number } {
  let count = 0;
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      count += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return {
    db: counting,
    get count() {
      return count;
    },
  };
}

/** Sleeps end when the time is set, or at once when aborted. */
class HandClock implements Clock {
  #now: Date;
  #waking: (() => void)[] = [];
  #asleep = Promise.withResolvers<number>();
  sleeping = 0;

  constructor(start: Date) {
    this.#now = start;
  }

  now(): Date {
    return this.#now;
  }

  monotonic(): number {
    return this.#now.getTime();
  }

  /** How long the sleep is that begins next, or has begun since this was asked last. */
  async asleep(): Promise<number> {
    const ms = await this.#asleep.promise;
    this.#asleep = Promise.withResolvers<number>();
    return ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    this.sleeping += 1;
    this.#asleep.resolve(ms);
    return new Promise<void>((resolve) => {
      this.#waking.push(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    }).finally(() => {
      this.sleeping -= 1;
    });
  }

  /** Wakes everybody who sleeps, even if they fall asleep only after this. */
  set(time: Date): void {
    this.#now = time;
    const waking = this.#waking.splice(0);
    if (waking.length === 0) setImmediate(() => this.set(time));
    for (const wake of waking) wake();
  }
}

async function pingPending(db: Db, id: number): Promise<boolean> {
  const row = await db
    .selectFrom('polls')
    .select('ping_pending')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return row.ping_pending;
}
