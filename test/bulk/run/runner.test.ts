import type { KyselyPlugin } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { Runner, type RunnerParts } from '../../../src/bulk/run/runner.ts';
import type { Db } from '../../../src/db/schema.ts';
import { ConnectionLost } from '../../../src/db/server/database-fault.ts';
import type { Messages } from '../../../src/delivery/messages/messages.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { actor, itemStates, later, operationOf, plan, postedPolls, processName } from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';

/** Pauses take a fiftieth of their time, and monotonic time is where the test puts it. */
class QuickClock implements Clock {
  ahead = 0;
  now = () => later;
  monotonic = () => performance.now() + this.ahead;
  sleep = (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal);
}

/** A runner that shows results to nobody, and says when one would be shown, and in which words. */
function runnerWith(db: Db, deliverer: ShowingDeliverer, clock: Clock = new QuickClock()) {
  const titles: string[] = [];
  const seen: { wanted: string; found: () => void }[] = [];
  const take = async (_to: string, _id: string, body: { embeds?: readonly { title?: string }[] }) => {
    const title = body.embeds?.[0]?.title ?? '';
    titles.push(title);
    for (const { wanted, found } of seen) if (title.endsWith(wanted)) found();
    return { type: 'sent', channelId: '1', messageId: '1' } as const;
  };
  const messages = { originalOf: () => take('', '', {}), editByToken: take, edit: take };
  const runner = new Runner({
    db,
    deliverer,
    messages: messages as unknown as Messages,
    names: { server: () => null, channel: () => null },
    clock,
    log: createLogger('silent'),
    processId: processName,
    timeoutMs: 60_000_000,
    admissionLimits: { maxConcurrent: 3, maxPerAdmin: 2 },
    onAbort: () => {},
  } as unknown as RunnerParts);
  onTestFinished(() => runner.stop());
  const shown = (wanted: string) => new Promise<void>((found) => seen.push({ wanted, found }));
  return { runner, shown, titles };
}

/** A delivery that says when it comes to its first message, and shows none before `goOn` is called. */
function gated(db: Db) {
  const [reached, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const deliverer = new ShowingDeliverer(db);
  deliverer.beforeEach = () => {
    reached.resolve();
    return free.promise;
  };
  return { deliverer, reached: reached.promise, goOn: free.resolve };
}

async function confirmed(db: Db, ids?: readonly number[]): Promise<Lease> {
  const draft = await operationOf(db, await plan(db, ids ? { filter: { ids } } : {}));
  const operation = (await confirmDraft(db, draft, actor(), processName, later))!;
  return { operationId: operation.id, fence: operation.fence };
}

async function takeovers(db: Db): Promise<number> {
  const rows = await db.selectFrom('audit').select('id').where('event', '=', 'taken over').execute();
  return rows.length;
}

/** Calls `meanwhile` once, after the first statement that prolongs leases has run and before its answer is seen. */
function whileLeasesAreRenewed(meanwhile: () => void): KyselyPlugin {
  const renewals = new WeakSet<object>();
  let due = true;
  return {
    transformQuery: ({ node, queryId }) => {
      if (node.kind === 'SelectQueryNode' && node.with?.expressions.length === 2) renewals.add(queryId);
      return node;
    },
    transformResult: async ({ result, queryId }) => {
      if (due && renewals.has(queryId)) {
        due = false;
        meanwhile();
      }
      return result;
    },
  };
}

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

  test('waits out a database that is away, however often it is asked', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await confirmed(db);
    const deliverer = new ShowingDeliverer(db);
    let losses = 0;
    deliverer.beforeEach = async () => {
      losses += 1;
      if (losses <= 12) throw new ConnectionLost('put in by the test');
    };
    const { runner, shown } = runnerWith(db, deliverer);
    const completed = shown('completed');
    runner.adopt({ lease });
    await runner.start();
    await completed;
    expect(losses).toBe(14);
    expect(await takeovers(db)).toBe(0);
  });

  test('does not add up errors between which it got further', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 12);
    const lease = await confirmed(db);
    const deliverer = new ShowingDeliverer(db);
    let turns = 0;
    deliverer.beforeEach = async () => {
      turns += 1;
      if (turns % 2 === 0) throw new Error('a bug put in by the test');
    };
    const { runner, shown } = runnerWith(db, deliverer);
    const completed = shown('completed');
    runner.adopt({ lease });
    await runner.start();
    await completed;
    expect(deliverer.shown).toEqual(ids);
  });

  test('gives up where a bug comes again and again without progress, and keeps the changes', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const lease = await confirmed(db);
    const deliverer = new ShowingDeliverer(db);
    let errors = 0;
    deliverer.beforeEach = async () => {
      errors += 1;
      throw new Error('a bug put in by the test');
    };
    const { runner, shown } = runnerWith(db, deliverer);
    const failed = shown('failed');
    runner.adopt({ lease });
    await runner.start();
    await failed;
    // Once more than its limit: the first one came after the changes had been made.
    expect(errors).toBe(5);
    const polls = await db.selectFrom('polls').select(['id', 'status', 'held_by']).orderBy('id').execute();
    expect(polls).toEqual(ids.map((id) => ({ id, status: 'closed', held_by: null })));
  });

  test('ends what has cost four processes their life without getting further, saying so', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const { operationId } = await confirmed(db);
    await db.updateTable('operations').set({ state: 'running', started_at: later }).execute();
    for (const dead of ['first', 'second', 'third']) {
      await db
        .updateTable('operations')
        .set({ lease_until: new Date(0) })
        .execute();
      expect(await takeOver(db, dead, later)).toHaveLength(1);
    }
    await db
      .updateTable('operations')
      .set({ lease_until: new Date(0) })
      .execute();
    const deliverer = new ShowingDeliverer(db);
    const { runner, shown } = runnerWith(db, deliverer);
    const failed = shown('failed');
    await runner.start();
    await failed;
    expect(deliverer.shown).toEqual([]);
    const operation = await operationOf(db, operationId);
    expect(operation).toMatchObject({ state: 'failed', takeovers: 4 });
    expect(operation.failure).toContain('ended 4 times while it worked on this');
    const states = Object.values(await itemStates(db, operationId));
    expect(states).toEqual(ids.map(() => `failed: ${operation.failure}`));
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
