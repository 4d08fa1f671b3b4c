import type { KyselyPlugin } from 'kysely';
import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { later, operationOf, postedPolls, processName } from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';
import {
  confirmed,
  gated,
  QuickClock,
  runnerWith,
  takeovers,
  whileLeasesAreRenewed,
} from './runner-scene.ts';

const oneAtOnce = { maxConcurrent: 1, maxPerAdmin: 1 };

describeEachDatabase('the runner', (fresh) => {
  test('keeps an operation that it takes on while it renews its leases', async () => {
    const plain = await fresh();
    const [one, two] = (await postedPolls(plain, 2)) as [number, number];
    const [first, second] = [await confirmed(plain, [one]), await confirmed(plain, [two])];
    const db = plain.withPlugin(
      whileLeasesAreRenewed(() => {
        runner.adopt({ lease: second });
        goOn.resolve();
      }),
    );
    const goOn = Promise.withResolvers<void>();
    const deliverer = new ShowingDeliverer(db);
    deliverer.beforeEach = () => goOn.promise;
    const { runner } = runnerWith(db, deliverer);
    runner.adopt({ lease: first });
    await runner.start();
    for (const { operationId } of [first, second])
      await expect
        .poll(async () => (await operationOf(plain, operationId)).result_shown, { timeout: 20_000 })
        .toBe(true);
    expect(await operationOf(plain, first.operationId)).toMatchObject({ state: 'completed', fence: 1 });
    expect(await operationOf(plain, second.operationId)).toMatchObject({ state: 'completed', fence: 1 });
  });

  test('keeps what nobody took over, however long it was suspended', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await confirmed(db);
    const { deliverer, reached, goOn } = gated(db);
    const clock = new QuickClock();
    const { runner, shown } = runnerWith(db, deliverer, clock);
    const completed = shown('completed');
    runner.adopt({ lease });
    await runner.start();
    await reached;
    await db
      .updateTable('operations')
      .set({ lease_until: new Date(0) })
      .execute();
    clock.ahead = 33_000;
    const leased = async () => (await operationOf(db, lease.operationId)).lease_until!.getTime() > Date.now();
    await expect.poll(leased, { timeout: 20_000 }).toBe(true);
    goOn();
    await completed;
    expect(await operationOf(db, lease.operationId)).toMatchObject({
      state: 'completed',
      fence: lease.fence,
    });
    expect(await takeovers(db)).toBe(0);
  });

  test('works at once on what it owns and nobody in it works on', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId } = await confirmed(db);
    // As after a Confirm whose answer from the database was lost: so long it was not renewed.
    await db
      .updateTable('operations')
      .set({ lease_until: new Date(Date.now() + 19_000) })
      .execute();
    const { runner, shown } = runnerWith(db, new ShowingDeliverer(db));
    const completed = shown('completed');
    await runner.start();
    await completed;
    expect(await operationOf(db, operationId)).toMatchObject({ state: 'completed', takeovers: 0 });
  });

  test('asks one thing in five seconds while it is alone, and one a second beside another', async () => {
    const plain = await fresh();
    let statements = 0;
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        statements += 1;
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const pauses: { ms: number; statements: number }[] = [];
    let asleep = Promise.withResolvers<void>();
    const clock: Clock = {
      ...new QuickClock(),
      sleep: (ms, signal) => {
        pauses.push({ ms, statements });
        asleep.resolve();
        return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
      },
    };
    const db = plain.withPlugin(counting);
    const { runner } = runnerWith(db, new ShowingDeliverer(db), clock);
    await runner.start();
    await asleep.promise;
    // One that lived on a server that has started anew since: whether it still does is not known.
    const other = { name: 'another', lock_key: 1, server_started: new Date(0), locked_at: later };
    await plain.insertInto('processes').values(other).execute();
    asleep = Promise.withResolvers();
    runner.poke();
    await asleep.promise;
    expect(pauses).toEqual([
      { ms: 5000, statements: 1 },
      { ms: 1000, statements: 2 },
    ]);
  });

  test('goes on where a pause and its end, by another process, came between two looks', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const lease = await confirmed(db);
    const { deliverer, reached, goOn } = gated(db);
    const paused = Promise.withResolvers<void>();
    const clock: Clock = {
      ...new QuickClock(),
      // Nobody looks unless told to. Only a paused operation is left for so long.
      sleep: (ms, signal) => {
        if (ms > 80_000_000) paused.resolve();
        return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
      },
    };
    const { runner, shown } = runnerWith(db, deliverer, clock);
    const completed = shown('completed');
    runner.adopt({ lease });
    await runner.start();
    await reached;
    const by = { userId: null, processId: 'another' };
    await pauseOperation(db, lease.operationId, by, later);
    goOn();
    await paused.promise;
    await resumeOperation(db, lease.operationId, by, later);
    // One that its own process has locked just now is left for the next time.
    const limits = { maxConcurrent: 3, maxPerAdmin: 2 };
    await expect.poll(() => admitQueued(db, 'another', limits, later)).toEqual([lease.operationId]);
    runner.poke();
    await completed;
  });

  test('cancels at once what waits in the queue, however long the others take', async () => {
    const db = await fresh();
    const [one, two] = (await postedPolls(db, 2)) as [number, number];
    const [first, second] = [await confirmed(db, [one]), await confirmed(db, [two])];
    const { deliverer, reached, goOn } = gated(db);
    const { runner, shown } = runnerWith(db, deliverer, new QuickClock(), oneAtOnce);
    const [cancelled, completed] = [shown('cancelled'), shown('completed')];
    runner.adopt({ lease: first });
    runner.adopt({ lease: second });
    await runner.start();
    await reached;
    expect(runner.load).toEqual({ executing: 1, waiting: 0 });
    await cancelOperation(db, second.operationId, { userId: null, processId: processName }, later);
    runner.poke();
    await cancelled;
    expect((await operationOf(db, first.operationId)).state).toBe('running');
    goOn();
    await completed;
  });

  test('executes no more at once than may run, also of what it takes over', async () => {
    const db = await fresh();
    const [one, two] = (await postedPolls(db, 2)) as [number, number];
    for (const id of [one, two]) await confirmed(db, [id]);
    // As where another process, which was allowed more at once, has died.
    const died = { state: 'running', started_at: later, owner: 'another', lease_until: new Date(0) } as const;
    await db.updateTable('operations').set(died).execute();
    const { deliverer, reached, goOn } = gated(db);
    const { runner, titles } = runnerWith(db, deliverer, new QuickClock(), oneAtOnce);
    await runner.start();
    await reached;
    await expect.poll(() => runner.load).toEqual({ executing: 1, waiting: 1 });
    goOn();
    await expect.poll(() => titles.filter((title) => title.endsWith('completed')).length).toBe(2);
    expect(deliverer.shown.toSorted()).toEqual([one, two]);
  });

  test('has a result shown again that its own late words may stand over', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const lease = await confirmed(db);
    const { deliverer, reached, goOn } = gated(db);
    const { runner, shown } = runnerWith(db, deliverer);
    runner.adopt({ lease });
    await runner.start();
    await reached;
    // Another one has it, brings it to its end, and shows that.
    const again = shown('cancelled');
    await db
      .updateTable('operations')
      .set({ owner: 'another', fence: 2, state: 'cancelled', finished_at: later, result_shown: true })
      .execute();
    goOn();
    await again;
    expect((await operationOf(db, lease.operationId)).fence).toBe(3);
  });
});
