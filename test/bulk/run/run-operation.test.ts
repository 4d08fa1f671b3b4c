import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import { OperationQueue } from '../../../src/bulk/run/operation-queue.ts';
import { type RunDeps, runOperation } from '../../../src/bulk/run/run-operation.ts';
import type { Db } from '../../../src/db/schema.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { dyingAtTheSecond } from '../../support/statements.ts';
import { later, operationOf, postedPolls, processName, running } from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';

const never = { stopping: new AbortController().signal, otherThan: () => new Promise<void>(() => {}) };

function depsWith(db: Db, deliverer: ShowingDeliverer): RunDeps {
  const clock = { ...systemClock, now: () => later };
  const queue = new OperationQueue(1);
  return { db, deliverer, queue, clock, processId: processName, timeoutMs: 60_000 } as unknown as RunDeps;
}

const hoursAfter = (hours: number) => new Date(later.getTime() + hours * 3_600_000);

async function stillPlanned(db: Db): Promise<number> {
  const rows = await db
    .selectFrom('operation_items')
    .select('poll_id')
    .where('state', '=', 'planned')
    .execute();
  return rows.length;
}

describeEachDatabase('running an operation', (fresh) => {
  test('begins to show the first polls while the others are not committed yet', async () => {
    const db = await fresh();
    await postedPolls(db, 120);
    const lease = await running(db);
    const deliverer = new ShowingDeliverer(db);
    const planned: number[] = [];
    deliverer.beforeEach = async () => {
      planned.push(await stillPlanned(db));
    };
    const ended = await runOperation(depsWith(db, deliverer), lease, never);
    expect(planned[0]).toBe(70);
    expect(planned.at(-1)).toBe(0);
    expect(deliverer.shown).toHaveLength(120);
    expect(ended?.operation.state).toBe('completed');
  });

  test('deletes no message before every delete is committed: many of them go in one request', async () => {
    const db = await fresh();
    await postedPolls(db, 120);
    const lease = await running(db, { kind: operationKind('delete') });
    const deliverer = new ShowingDeliverer(db);
    const planned = new Set<number>();
    deliverer.beforeEach = async () => {
      planned.add(await stillPlanned(db));
    };
    await runOperation(depsWith(db, deliverer), lease, never);
    expect([...planned]).toEqual([0]);
    expect(deliverer.shown).toHaveLength(120);
  });

  test('an interruption while it commits leaves the rest planned, and nothing more is shown', async () => {
    const db = await fresh();
    await postedPolls(db, 120);
    const lease = await running(db);
    const deliverer = new ShowingDeliverer(db);
    const stopping = new AbortController();
    deliverer.beforeEach = async () => stopping.abort();
    const ended = await runOperation(depsWith(db, deliverer), lease, { ...never, stopping: stopping.signal });
    expect(ended).toBeNull();
    expect(deliverer.shown).toHaveLength(1);
    expect(await stillPlanned(db)).toBe(70);
    deliverer.beforeEach = null;
    await runOperation(depsWith(db, deliverer), lease, never);
    expect(deliverer.shown.toSorted((a, b) => a - b)).toHaveLength(120);
    expect(await operationOf(db, lease.operationId)).toMatchObject({ state: 'completed' });
  });

  test('a pause that began anew between two looks lasts its own 24 hours', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId, fence } = await running(db);
    const by = { userId: null, processId: processName };
    await pauseOperation(db, operationId, by, later);
    const stopping = new AbortController();
    let now = later;
    const whatHappens = [
      async () => {
        await resumeOperation(db, operationId, by, hoursAfter(23));
        await admitQueued(db, processName, { maxConcurrent: 3, maxPerAdmin: 2 }, hoursAfter(23));
        await pauseOperation(db, operationId, by, hoursAfter(23));
        now = hoursAfter(24);
      },
      async () => stopping.abort(),
    ];
    const clock = { ...systemClock, now: () => now, sleep: async () => await whatHappens.shift()?.() };
    const deps = { ...depsWith(db, new ShowingDeliverer(db)), clock };
    const interruptions = { ...never, stopping: stopping.signal };
    await runOperation(deps, { operationId, fence }, interruptions);
    expect((await operationOf(db, operationId)).state).toBe('paused');
    now = hoursAfter(47);
    await runOperation(deps, { operationId, fence }, never);
    expect((await operationOf(db, operationId)).state).toBe('cancelled');
  });

  test('a cancel puts back chunk by chunk: nobody who votes waits for all of them', async () => {
    const db = await fresh();
    await postedPolls(db, 300);
    const lease = await running(db);
    await cancelOperation(db, lease.operationId, { userId: null, processId: processName }, later);
    const crash = new Error('crash');
    const dies = dyingAtTheSecond(db, 'order by id for update', crash);
    const deliverer = new ShowingDeliverer(db);
    await expect(runOperation(depsWith(dies, deliverer), lease, never)).rejects.toThrow(crash);
    expect(await stillPlanned(db)).toBe(50);
    const ended = await runOperation(depsWith(db, deliverer), lease, never);
    expect(ended?.operation.state).toBe('cancelled');
    expect(await stillPlanned(db)).toBe(0);
  });
});
