import { describe, expect, onTestFinished, test } from 'vitest';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { pauseOperation } from '../../../src/bulk/lifecycle/control.ts';
import { renewLeases, takeOver, voidLeases } from '../../../src/bulk/lifecycle/lease.ts';
import { readSurroundings } from '../../../src/bulk/lifecycle/surroundings.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { releaseHolds } from '../../../src/bulk/run/put-back.ts';
import type { Db } from '../../../src/db/schema.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { connectPostgres, emptiedPostgresUrl } from '../../support/postgres-databases.ts';
import {
  actor,
  adminId,
  later,
  operationOf,
  plan,
  postedPolls,
  processName,
  running,
} from '../bulk-fixture.ts';

const past = new Date(0);

async function die(db: Db): Promise<void> {
  await db.updateTable('operations').set({ lease_until: past }).execute();
}

/** What is said of the only operation when it is taken over. */
async function takeoversBy(db: Db, processId: string): Promise<number> {
  const [taken] = await takeOver(db, processId, later);
  return taken!.takeovers;
}

/** Two operations. Somebody has locked the first while `act` is at work. */
async function withFirstLocked(db: Db, act: (ids: readonly number[]) => Promise<void>): Promise<void> {
  const polls = await postedPolls(db, 2);
  const ids: number[] = [];
  for (const id of polls) {
    const draft = await operationOf(db, await plan(db, { filter: { ids: [id] } }));
    ids.push((await confirmDraft(db, draft, actor(), { processId: processName, now: later }))!.id);
  }
  await db.transaction().execute(async (trx) => {
    await trx.selectFrom('operations').select('id').where('id', '=', ids[0]!).forUpdate().execute();
    await act(ids);
  });
}

describeEachDatabase('ownership', (fresh) => {
  test('deaths count until the work gets further', async () => {
    const db = await fresh();
    const [one] = (await postedPolls(db, 2)) as [number, number];
    const { operationId } = await running(db);
    for (const count of [1, 2, 3]) {
      await die(db);
      expect(await takeoversBy(db, `process ${count}`)).toBe(count);
    }
    await db.updateTable('operation_items').set({ state: 'applied' }).where('poll_id', '=', one).execute();
    await die(db);
    expect(await takeoversBy(db, 'next')).toBe(1);
    await db.updateTable('operation_items').set({ state: 'done' }).where('poll_id', '=', one).execute();
    await die(db);
    expect(await takeoversBy(db, 'another')).toBe(1);
    await die(db);
    expect(await takeoversBy(db, 'one more')).toBe(2);
    await inTransaction(db, (trx) => releaseHolds(trx, operationId));
  });

  test('no death counts while it stands paused, nor a clean hand-over', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId } = await running(db);
    await db.updateTable('operations').set({ lease_until: null }).execute();
    expect(await takeoversBy(db, 'second')).toBe(0);
    await pauseOperation(db, operationId, { userId: adminId, processId: 'second' }, later);
    for (const processId of ['third', 'fourth', 'fifth', 'sixth', 'seventh']) {
      await die(db);
      expect(await takeoversBy(db, processId)).toBe(0);
    }
  });

  test('the start of an embedded database counts as a death of the one before', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    await running(db);
    await voidLeases(db);
    expect(await takeoversBy(db, 'next')).toBe(1);
  });

  test('is renewed by operation and fence, whoever is written down as owner and whatever the lease says', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const lease = await running(db);
    await die(db);
    expect(await renewLeases(db, [{ ...lease, fence: lease.fence + 1 }])).toEqual([]);
    expect(await renewLeases(db, [lease])).toEqual([lease.operationId]);
    expect(await takeOver(db, 'another', later)).toEqual([]);
  });

  test('nobody takes over from itself', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId } = await running(db);
    await die(db);
    expect(await readSurroundings(db, processName, [operationId])).toMatchObject({
      foreign: 0,
      ownerless: false,
    });
    expect(await takeOver(db, processName, later, { own: [operationId] })).toEqual([]);
    expect((await operationOf(db, operationId)).fence).toBe(1);
  });

  test('a process whose lock is free for good loses its leases and claims, and one that came back keeps them', async () => {
    const db = await fresh();
    const [poll] = (await postedPolls(db, 1)) as [number];
    const { operationId } = await running(db);
    const claimedUntil = new Date(Date.now() + 20_000);
    await db.updateTable('polls').set({ sender: processName, sender_until: claimedUntil }).execute();
    const row = { name: processName, server_started: later, locked_at: later };
    await db
      .insertInto('processes')
      .values({ ...row, lock_key: 8 })
      .execute();
    // It took another lock meanwhile.
    expect(await takeOver(db, 'b', later, { dead: [{ name: processName, lockKey: 7 }] })).toEqual([]);
    const taken = await takeOver(db, 'b', later, { dead: [{ name: processName, lockKey: 8 }] });
    expect(taken).toMatchObject([{ operationId, takeovers: 1 }]);
    expect(await db.selectFrom('processes').selectAll().execute()).toEqual([]);
    const claim = await db
      .selectFrom('polls')
      .select(['sender', 'sender_until'])
      .where('id', '=', poll)
      .executeTakeFirstOrThrow();
    expect(claim).toEqual({ sender: null, sender_until: claimedUntil });
  });
});

// The embedded database has one session, in which nobody waits for another.
describe('ownership of an operation that somebody has locked', () => {
  test('keeps no other from being taken over', async () => {
    const db = connectPostgres(await emptiedPostgresUrl());
    onTestFinished(() => db.destroy());
    await withFirstLocked(db, async ([, free]) => {
      await db.updateTable('operations').set({ lease_until: null }).where('id', '=', free!).execute();
      expect(await takeOver(db, 'other', later)).toMatchObject([{ operationId: free }]);
    });
  });

  test('keeps no other from starting', async () => {
    const db = connectPostgres(await emptiedPostgresUrl());
    onTestFinished(() => db.destroy());
    const limits = { maxConcurrent: 3, maxPerAdmin: 2 };
    await withFirstLocked(db, async ([, free]) => {
      expect(await admitQueued(db, processName, limits, later)).toEqual([free]);
    });
  });

  test('is held on, and the others are renewed', async () => {
    const db = connectPostgres(await emptiedPostgresUrl());
    onTestFinished(() => db.destroy());
    await withFirstLocked(db, async (ids) => {
      const short = new Date(Date.now() + 1_000);
      await db.updateTable('operations').set({ lease_until: short }).where('id', '=', ids[1]!).execute();
      const leases = ids.map((operationId) => ({ operationId, fence: 1 }));
      expect((await renewLeases(db, leases)).sort()).toEqual(ids);
      expect((await operationOf(db, ids[1]!)).lease_until!.getTime()).toBeGreaterThan(short.getTime());
    });
  });
});
