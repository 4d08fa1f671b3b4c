import { expect, test } from 'vitest';
import { AutoResetEvent } from '../../../src/base/auto-reset-event.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { cancelOperation } from '../../../src/bulk/lifecycle/control.ts';
import { finishUnreached } from '../../../src/bulk/run/finish-operation.ts';
import { OperationQueue } from '../../../src/bulk/run/operation-queue.ts';
import { putBack } from '../../../src/bulk/run/put-back.ts';
import { type RunDeps, runOperation } from '../../../src/bulk/run/run-operation.ts';
import type { Db } from '../../../src/db/schema.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { itemStates, later, operationOf, postedPolls, processName, running } from '../bulk-fixture.ts';
import { ShowingDeliverer } from './showing-deliverer.ts';

const by = { userId: null, processId: processName };

/** Runs it to its end. `timeUp` is called by the test when the time is to be up. */
function run(db: Db, lease: Awaited<ReturnType<typeof running>>, deliverer: ShowingDeliverer) {
  const over = Promise.withResolvers<void>();
  const changed = new AutoResetEvent();
  const deps = {
    db,
    deliverer,
    queue: new OperationQueue(1),
    clock: { ...systemClock, now: () => later, sleep: () => over.promise },
    processId: processName,
    timeoutMs: 1_800_000,
  } as unknown as RunDeps;
  const interruptions = { stopping: new AbortController().signal, otherThan: () => changed.wait() };
  const ended = async () => (await runOperation(deps, lease, interruptions))!.operation;
  return { ended, timeUp: () => over.resolve(), wake: () => changed.set() };
}

/** Everything that waits for what has just happened has had its turn. */
const aMoment = () => new Promise((resolve) => setImmediate(resolve));

describeEachDatabase('the word for what became of an operation', (fresh) => {
  test('is “completed” where the last request succeeds as the time is up', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const lease = await running(db);
    const deliverer = new ShowingDeliverer(db);
    deliverer.beforeEach = async ({ pollId }) => {
      if (pollId !== ids.at(-1)) return;
      work.timeUp();
      await aMoment();
    };
    const work = run(db, lease, deliverer);
    expect((await work.ended()).state).toBe('completed');
    expect(Object.values(await itemStates(db, lease.operationId))).toEqual(['done', 'done']);
  });

  test('is “timed out” where anything was not reached', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const lease = await running(db);
    const deliverer = new ShowingDeliverer(db);
    deliverer.beforeEach = async ({ pollId }) => {
      if (pollId !== ids[0]) return;
      work.timeUp();
      await aMoment();
    };
    const work = run(db, lease, deliverer);
    expect((await work.ended()).state).toBe('timed out');
    expect(await itemStates(db, lease.operationId)).toEqual({
      [ids[0]!]: 'done',
      [ids[1]!]: 'failed: not reached within the time limit of 30 min',
    });
  });

  test('is “completed” where a cancel comes during the last request, also after a late skip', async () => {
    const db = await fresh();
    const [late, ...ids] = (await postedPolls(db, 3)) as [number, number, number];
    const lease = await running(db);
    await db.updateTable('polls').set({ status: 'closed' }).where('id', '=', late).execute();
    const deliverer = new ShowingDeliverer(db);
    deliverer.beforeEach = async ({ pollId }) => {
      if (pollId !== ids.at(-1)) return;
      await cancelOperation(db, lease.operationId, by, later);
      work.wake();
      await aMoment();
    };
    const work = run(db, lease, deliverer);
    expect((await work.ended()).state).toBe('completed');
    expect(await itemStates(db, lease.operationId)).toEqual({
      [late]: 'skipped: already closed',
      [ids[0]!]: 'done',
      [ids[1]!]: 'done',
    });
  });

  test('is “cancelled” also where the process that put everything back died before it said so', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await running(db);
    await cancelOperation(db, lease.operationId, by, later);
    await putBack(db, lease, later);
    expect((await run(db, lease, new ShowingDeliverer(db)).ended()).state).toBe('cancelled');
  });

  test('fails nothing where a cancel came before the end', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const lease = await running(db);
    await cancelOperation(db, lease.operationId, by, later);
    const failure = { code: 'timeout', message: 'too late' };
    const ending = { from: ['running'], result: 'timed out', failure } as const;
    expect(await finishUnreached(db, lease, ending, later)).toBeNull();
    expect(Object.values(await itemStates(db, lease.operationId))).toEqual(['planned']);
    expect((await operationOf(db, lease.operationId)).state).toBe('cancelling');
  });
});
