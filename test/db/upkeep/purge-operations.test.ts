import { expect, test } from 'vitest';
import { purge } from '../../../src/db/upkeep/purge.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { daysAgo, givenItem, givenOperation, givenPoll, now, operationIds, retention } from './purge-rows.ts';

describeEachDatabase('purge', (fresh) => {
  test('removes previews a day after they expired, with their items', async () => {
    const db = await fresh();
    const old = await givenOperation(db, { state: 'draft', expires_at: daysAgo(1.1) });
    await givenItem(db, old);
    await givenOperation(db, { state: 'discarded', expires_at: daysAgo(1.1) });
    const young = await givenOperation(db, { state: 'draft', expires_at: daysAgo(0.9) });
    const confirmed = await givenOperation(db, { state: 'queued', expires_at: daysAgo(5) });
    expect(await purge(db, now, retention)).toMatchObject({ drafts: 2, operations: 0 });
    expect(await operationIds(db)).toEqual([young, confirmed]);
    expect(await db.selectFrom('operation_items').selectAll().execute()).toEqual([]);
  });

  test('removes operations that finished longer ago than history is kept, but not their audit', async () => {
    const db = await fresh();
    const old = await givenOperation(db, { state: 'completed', finished_at: daysAgo(366) });
    await givenItem(db, old);
    await db
      .insertInto('audit')
      .values({ at: daysAgo(366), operation_id: old, process: 'p', event: 'completed', details: '{}' })
      .execute();
    const young = await givenOperation(db, { state: 'failed', finished_at: daysAgo(364) });
    const running = await givenOperation(db, { state: 'running', created_at: daysAgo(400) });
    expect(await purge(db, now, retention)).toMatchObject({ operations: 1 });
    expect(await operationIds(db)).toEqual([young, running]);
    expect(await db.selectFrom('operation_items').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('audit').select('operation_id').execute()).toEqual([{ operation_id: old }]);
  });

  test('keeps an operation as long as the ones that retry or undo it', async () => {
    const db = await fresh();
    const first = await givenOperation(db, { state: 'completed', finished_at: daysAgo(368) });
    const second = await givenOperation(db, {
      state: 'completed',
      finished_at: daysAgo(367),
      retry_of: first,
    });
    const third = await givenOperation(db, {
      state: 'completed',
      finished_at: daysAgo(364),
      undo_of: second,
    });
    const gone = await givenOperation(db, { state: 'completed', finished_at: daysAgo(368) });
    await givenOperation(db, { state: 'completed', finished_at: daysAgo(367), undo_of: gone });
    expect(await purge(db, now, retention)).toMatchObject({ operations: 2 });
    expect(await operationIds(db)).toEqual([first, second, third]);
  });

  test('works through more operations than fit one batch', async () => {
    const db = await fresh();
    let previous: number | null = null;
    for (let index = 0; index < 45; index += 1) {
      previous = await givenOperation(db, {
        state: 'completed',
        finished_at: daysAgo(400),
        retry_of: previous,
      });
    }
    expect(await purge(db, now, retention)).toMatchObject({ operations: 45 });
    expect(await operationIds(db)).toEqual([]);
  });

  test('keeps an operation that still holds a poll', async () => {
    const db = await fresh();
    const holder = await givenOperation(db, { state: 'failed', finished_at: daysAgo(400) });
    await givenPoll(db, { held_by: holder });
    expect(await purge(db, now, retention)).toMatchObject({ operations: 0 });
  });
});
