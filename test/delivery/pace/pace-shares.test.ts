import { sql } from 'kysely';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLogger } from '../../../src/base/log.ts';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import type { Db } from '../../../src/db/schema.ts';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import {
  announcePause,
  giveUpShares,
  prolongShare,
  renewShare,
} from '../../../src/delivery/pace/pace-share-store.ts';
import { PaceShares } from '../../../src/delivery/pace/pace-shares.ts';
import { longTrail } from '../../bulk/audit/audit-trail.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recorded } from '../../support/statements.ts';
import { seeded } from '../random.ts';

const nobody = () => undefined;

function asking(processId: string, demand: number, windowMs = 0) {
  return { processId, demand, total: 50, leaseMs: 60_000, windowMs };
}

/** Processes on the books whose locks nobody holds. */
async function withFreeLock(db: Db, ...names: string[]): Promise<void> {
  const row = { lock_key: 1, locked_at: new Date(), server_started: sql<Date>`pg_postmaster_start_time()` };
  await db
    .insertInto('processes')
    .values(names.map((name, index) => ({ ...row, name, lock_key: index + 1 })))
    .execute();
}

/** As if so much time had passed for everything that is written there. */
async function pass(db: Db, ms: number): Promise<void> {
  await sql`
    update pace_shares set lease_until = lease_until - ${ms} * interval '1 millisecond',
      before_until = before_until - ${ms} * interval '1 millisecond',
      paused_until = paused_until - ${ms} * interval '1 millisecond'`.execute(db);
}

describeEachDatabase('shares of the pace', (fresh) => {
  test('what one gives back another gets when its window is over, not before', async () => {
    const db = await fresh();
    expect(await renewShare(db, asking('a', 50, 1_100), nobody)).toMatchObject({ share: 50, processes: 1 });
    expect(await renewShare(db, asking('b', 50, 1_100), nobody)).toMatchObject({ share: 0, processes: 2 });
    const lowered: number[] = [];
    expect(await renewShare(db, asking('a', 50, 1_100), (share) => lowered.push(share))).toMatchObject({
      share: 25,
    });
    expect(lowered).toEqual([25]);
    expect(await renewShare(db, asking('b', 50, 1_100), nobody)).toMatchObject({ share: 0 });
    await pass(db, 1_000);
    expect(await renewShare(db, asking('a', 50, 1_100), nobody)).toMatchObject({ share: 25 });
    await pass(db, 1_000);
    expect(await renewShare(db, asking('b', 50, 1_100), nobody)).toMatchObject({ share: 25 });
  });

  test('a dead process keeps its share until its lease is over', async () => {
    const db = await fresh();
    await renewShare(db, asking('dead', 50), nobody);
    expect(await renewShare(db, asking('living', 50), nobody)).toMatchObject({ share: 0, processes: 2 });
    await pass(db, 60_000);
    expect(await renewShare(db, asking('living', 50), nobody)).toMatchObject({ share: 50, processes: 1 });
    expect(await prolongShare(db, asking('dead', 0))).toBeNull();
  });

  test('a process whose lock is free keeps its share for a window, unless it renews it', async () => {
    const db = await fresh();
    const renewed = (processId: string, demand: number) =>
      renewShare(db, asking(processId, demand, 60_000), nobody);
    await withFreeLock(db, 'dead', 'cut off');
    await renewed('dead', 50);
    await renewed('cut off', 10);
    expect(await renewed('started', 50)).toMatchObject({ share: 0, processes: 3 });
    await pass(db, 30_000);
    await renewed('cut off', 10);
    expect(await renewed('started', 50)).toMatchObject({ share: 0, processes: 3 });
    await pass(db, 30_000);
    expect(await renewed('started', 50)).toMatchObject({ share: 40, processes: 2 });
  });

  test('a process without a lock on a server that has started anew since keeps its share', async () => {
    const db = await fresh();
    const row = { name: 'unknown', lock_key: 1, locked_at: new Date(), server_started: new Date(0) };
    await db.insertInto('processes').values(row).execute();
    await renewShare(db, asking('unknown', 50), nobody);
    await renewShare(db, asking('started', 50, 1), nobody);
    await pass(db, 1_000);
    expect(await renewShare(db, asking('started', 50, 1), nobody)).toMatchObject({ share: 0, processes: 2 });
  });

  test('who is proven dead, and buried, gives its share back after a window', async () => {
    const db = await fresh();
    await withFreeLock(db, 'dead');
    await renewShare(db, asking('dead', 50), nobody);
    await takeOver(db, 'living', new Date(), { dead: [{ name: 'dead', lockKey: 1 }] });
    await pass(db, 1_100);
    expect(await renewShare(db, asking('living', 50), nobody)).toMatchObject({ share: 50, processes: 1 });
  });

  test('a pause outlives who announced it', async () => {
    const db = await fresh();
    await renewShare(db, asking('dead', 25), nobody);
    await announcePause(db, 'dead', 90_000);
    await pass(db, 60_000);
    const { pausedMs, processes } = await renewShare(db, asking('started', 50), nobody);
    expect(processes).toBe(1);
    expect(pausedMs).toBeGreaterThan(25_000);
    await pass(db, 30_000);
    expect(await renewShare(db, asking('started', 50), nobody)).toMatchObject({ pausedMs: 0 });
  });

  test('a share waits for nobody who writes the audit trail', async () => {
    const db = await fresh();
    await db.transaction().execute(async (trx) => {
      await renewShare(trx, asking('a', 50), nobody);
      await longTrail(trx, 1);
      const { rows } = await sql`
        select objid from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`.execute(trx);
      expect(rows).toHaveLength(2);
    });
  });

  test('one that stops gives its share back by itself', async () => {
    const db = await fresh();
    await renewShare(db, asking('stopped', 50), nobody);
    await giveUpShares(db, ['stopped'], 0);
    expect(await renewShare(db, asking('living', 50), nobody)).toMatchObject({ share: 50, processes: 1 });
  });

  test('a global refusal of one pauses the others for what is left of it', async () => {
    const db = await fresh();
    await renewShare(db, asking('refused', 0), nobody);
    await renewShare(db, asking('other', 0), nobody);
    await announcePause(db, 'refused', 30_000);
    const { pausedMs } = await renewShare(db, asking('other', 0), nobody);
    expect(pausedMs).toBeGreaterThan(25_000);
    expect((await prolongShare(db, asking('other', 0)))?.pausedMs).toBeGreaterThan(25_000);
    await pass(db, 30_000);
    expect(await renewShare(db, asking('other', 0), nobody)).toMatchObject({ pausedMs: 0 });
  });

  test('whatever they demand, and whoever dies, together they never hold more than there is', async () => {
    const db = await fresh();
    const seed = 7_301;
    const random = seeded(seed);
    /** What each uses: lowered as soon as it is told, raised only by the answer. */
    const used = new Map<string, number>();
    for (let round = 0; round < 150; round += 1) {
      const processId = `p${Math.floor(random() * 4)}`;
      if (random() < 0.05) {
        await pass(db, 60_000);
        used.clear();
      }
      if (random() < 0.4) await pass(db, 1_100);
      const demand = random() < 0.3 ? 0 : Math.floor(random() * 51);
      const { share } = await renewShare(db, asking(processId, demand, 1_100), (lower) =>
        used.set(processId, lower),
      );
      used.set(processId, share);
      const sum = [...used.values()].reduce((one, other) => one + other, 0);
      expect(sum, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(50);
    }
  });

  test('a process at work says so at once; at rest it says every 5 s with one statement that it lives', async () => {
    const { db, statements } = recorded(await fresh());
    const { clock, shares, pace, rest } = await started(db);
    expect(shares.requests).toBe(2);
    const before = statements.length;
    for (let seconds = 0; seconds < 20; seconds += 5) await rest(5_000);
    expect(statements.slice(before)).toHaveLength(4);
    const turns = Array.from({ length: 40 }, () => pace.turn({ priority: 1 }));
    await clock.advance(250);
    await vi.waitUntil(() => shares.requests === 50, { timeout: 10_000, interval: 5 });
    await clock.advance(40 * 12);
    await Promise.all(turns);
    for (let seconds = 0; seconds < 12; seconds += 1) await rest(1_000);
    expect(shares.requests).toBe(2);
  });

  test('without the database each goes on with its part by the number of processes', async () => {
    const db = await fresh();
    await renewShare(db, asking('other', 0), nobody);
    await renewShare(db, asking('third', 0), nobody);
    const { clock, shares, away } = await started(db);
    expect(shares).toMatchObject({ requests: 2, processes: 3 });
    away(true);
    await clock.advance(14_900);
    expect(shares.requests).toBe(2);
    await clock.advance(200);
    expect(shares.requests).toBe(16);
    away(false);
    while (shares.requests > 2) await clock.advance(100);
  });

  test('another process that Discord refused for the global limit pauses this one', async () => {
    const db = await fresh();
    await renewShare(db, asking('other', 0), nobody);
    const { pauses, rest } = await started(db);
    await announcePause(db, 'other', 60_000);
    await rest(5_000);
    expect(pauses).toHaveLength(1);
    expect(pauses[0]).toBeGreaterThan(50_000);
  });
});

/** A process that shares; its clock stands still between the steps. */
async function started(db: Db) {
  const clock = new ManualClock();
  const pauses: number[] = [];
  let isAway = false;
  const reached = db.withPlugin({
    transformQuery: ({ node }) => {
      if (isAway) throw new Error('the database is away');
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const shares: PaceShares = new PaceShares({
    db: reached,
    processId: 'one',
    clock,
    log: createLogger('silent'),
    takeDemand: () => pace.takeDemand(),
    shareChanged: () => pace.shareChanged(),
    pause: (ms) => pauses.push(ms),
  });
  const pace = new Pace({ clock, share: shares });
  await shares.start();
  onTestFinished(() => shares.stop());
  return {
    clock,
    shares,
    pace,
    pauses,
    away: (now: boolean) => {
      isAway = now;
    },
    /** Lets time pass until the next renewal is made. */
    rest: async (ms: number) => {
      await clock.advance(ms);
      await vi.waitUntil(() => clock.sleeping === 1, { timeout: 10_000, interval: 5 });
    },
  };
}
