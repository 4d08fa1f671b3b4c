import { expect, test } from 'vitest';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import { ConnectionLost } from '../../../src/db/server/database-fault.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { itemStates, later, operationOf, postedPolls } from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';
import { confirmed, runnerWith, takeovers } from './runner-scene.ts';

describeEachDatabase('the runner', (fresh) => {
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
});
