import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Db } from '../../../src/db/schema.ts';
import { createHousekeeping } from '../../../src/db/upkeep/housekeeping.ts';
import { describeEachDatabase } from '../../support/databases.ts';

const retention = { deletedRetentionDays: 30, historyRetentionDays: 365 };
const hourMs = 3_600_000;

describeEachDatabase('housekeeping', (fresh) => {
  test('purges at the start and every hour until it is stopped', async () => {
    const db = await fresh();
    const clock = new HandClock();
    await handled(db, 'old', new Date(clock.now().getTime() - 25 * hourMs));
    await handled(db, 'due in an hour', new Date(clock.now().getTime() - 23.5 * hourMs));
    const housekeeping = createHousekeeping({
      db,
      retention,
      clock,
      log: createLogger('silent'),
      embedded: false,
    });
    await housekeeping.start();
    expect(await clock.asleep()).toBe(hourMs);
    expect(await left(db)).toEqual(['due in an hour']);
    clock.wake();
    expect(await clock.asleep()).toBe(hourMs);
    expect(await left(db)).toEqual([]);
    await housekeeping.stop();
  });

  test('goes on after a purge that failed', async () => {
    const db = await fresh();
    const clock = new HandClock();
    const lines: string[] = [];
    const log = createLogger('error', { write: (line: string) => void lines.push(line) });
    await db.schema.alterTable('handled_interactions').renameTo('elsewhere').execute();
    try {
      const housekeeping = createHousekeeping({ db, retention, clock, log, embedded: false });
      await housekeeping.start();
      await clock.asleep();
      expect(lines.join('')).toContain('housekeeping failed');
      await housekeeping.stop();
    } finally {
      await db.schema
        .alterTable('elsewhere' as never)
        .renameTo('handled_interactions')
        .execute();
    }
  });
});

/** Sleeps until it is woken, and then the whole time has passed. */
class HandClock implements Clock {
  #now = Date.parse('2026-12-01T12:00:00Z');
  #sleeper = Promise.withResolvers<number>();
  wake: () => void = () => {};

  now(): Date {
    return new Date(this.#now);
  }

  monotonic(): number {
    return this.#now;
  }

  /** The length of the sleep that the code under test is in, or enters next. */
  async asleep(): Promise<number> {
    const ms = await this.#sleeper.promise;
    this.#sleeper = Promise.withResolvers<number>();
    return ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
      this.wake = () => {
        this.#now += ms;
        resolve();
      };
      this.#sleeper.resolve(ms);
    });
  }
}

async function handled(db: Db, id: string, at: Date): Promise<void> {
  await db.insertInto('handled_interactions').values({ interaction_id: id, handled_at: at }).execute();
}

async function left(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('handled_interactions').select('interaction_id').execute();
  return rows.map((row) => row.interaction_id);
}
