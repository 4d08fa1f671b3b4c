import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import { DatabaseClock } from '../../src/db/database-clock.ts';
import type { Db } from '../../src/db/schema.ts';
import { describeEachDatabase } from '../support/databases.ts';

const hourMs = 3_600_000;

/** A machine whose wall clock can be set. */
function machine(aheadMs: number) {
  const wall = { aheadMs };
  return { wall, clock: { ...systemClock, now: () => new Date(Date.now() + wall.aheadMs) } };
}

async function databaseTime(db: Db): Promise<number> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]!.now.getTime();
}

describeEachDatabase("the database's clock", (fresh) => {
  test.for([hourMs, -hourMs])('is told by a machine that is %i ms wrong', async (aheadMs) => {
    const db = await fresh();
    const written: string[] = [];
    const log = createLogger('warn', { write: (line: string) => void written.push(line) });
    const clock = new DatabaseClock(db, log, machine(aheadMs).clock);
    await clock.start();
    const before = await databaseTime(db);
    const told = clock.now().getTime();
    const after = await databaseTime(db);
    expect(told).toBeGreaterThanOrEqual(before - 100);
    expect(told).toBeLessThanOrEqual(after + 100);
    expect(written.join()).toContain("this machine's clock is not the database's");
    await clock.stop();
  });

  test('stands where it was when the wall clock is set, and goes on', async () => {
    const db = await fresh();
    const { wall, clock: base } = machine(0);
    const clock = new DatabaseClock(db, createLogger('silent'), base);
    await clock.start();
    const before = clock.now().getTime();
    wall.aheadMs = -hourMs;
    const after = clock.now().getTime();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThan(before + 60_000);
    await clock.stop();
  });

  test('goes on where the database cannot be asked', async () => {
    const db = await fresh();
    const { wall, clock: base } = machine(hourMs);
    const clock = new DatabaseClock(db, createLogger('silent'), base);
    await clock.start();
    const before = clock.now().getTime();
    await db.destroy();
    wall.aheadMs = 0;
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(before);
    await clock.stop();
    expect(clock.now().getTime()).toBeLessThan(before + 60_000);
  });

  test('is not told by a machine that may be wrong where the database does not answer at first', async () => {
    const db = await fresh();
    const { clock: base } = machine(hourMs);
    let asked = 0;
    const away = db.withPlugin({
      transformQuery: ({ node }) => {
        asked += 1;
        if (asked === 1) throw new Error('away');
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const clock = new DatabaseClock(away, createLogger('silent'), base);
    await expect(clock.start()).rejects.toThrow('away');
    await clock.start();
    expect(clock.now().getTime()).toBeLessThan(Date.now() + 60_000);
    await clock.stop();
  });
});
