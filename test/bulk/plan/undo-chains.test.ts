import { expect, test } from 'vitest';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { finishOperation } from '../../../src/bulk/run/finish-operation.ts';
import type { Db } from '../../../src/db/schema.ts';
import { closePoll } from '../../../src/polls/close-poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import { minutes } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import { asking, dump, interactionId, itemStates, later, postedPolls, processName } from '../bulk-fixture.ts';
import { begin, beginRetry, beginUndo, cancel, fail, finish, run, undo } from '../steps.ts';

async function refusal(db: Db, of: Parameters<typeof planUndo>[1]): Promise<string> {
  return await planUndo(db, of, asking(), { processId: processName, now: later }).then(
    (id) => `planned as ${id}`,
    (error: Error) => error.message,
  );
}

describeEachDatabase('what undid one operation', (fresh) => {
  test('leaves the operation before to be undone: close, delete, undo of the delete, undo of the close', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const before = await dump(db);
    const closed = await run(db, 'close', {}, ids);
    const removed = await run(db, 'delete', {}, ids);
    expect((await undo(db, removed)).total).toBe(2);
    expect((await undo(db, closed)).total).toBe(2);
    expect(await dump(db)).toEqual(before);
  });

  test('leaves settings that overlap to be undone, the newest first', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const before = await dump(db);
    const operations = [
      await run(db, 'settings', { max_choices: 2 }, ids),
      await run(db, 'settings', { max_choices: 3, timezone: 'Europe/Berlin' }, ids),
      await run(db, 'settings', { timezone: 'Asia/Tokyo' }, ids),
    ];
    for (const operation of operations.reverse()) expect((await undo(db, operation)).total).toBe(2);
    expect(await dump(db)).toEqual(before);
  });

  test('or whoever set things back by hand leaves the poll what it was', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 1);
    const before = await dump(db);
    const first = await run(db, 'settings', { max_choices: 2 }, ids);
    await run(db, 'settings', { timezone: 'Europe/Berlin' }, ids);
    await run(db, 'settings', { timezone: 'UTC' }, ids);
    expect((await undo(db, first)).total).toBe(1);
    expect(await dump(db)).toEqual(before);
  });
});

describeEachDatabase('a poll that was opened or closed again since', (fresh) => {
  test('is a conflict, though its status is the same', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const closed = await run(db, 'close', {}, [id]);
    const reopened = await run(db, 'reopen', {}, [id]);
    await closePoll(db, everyServer, { pollId: id, interactionId: interactionId(), now: minutes(3) });
    const again = await planUndo(db, closed, asking(), { processId: processName, now: later });
    expect(await itemStates(db, again)).toEqual({
      [id]: `excluded: conflict: changed since Operation #${closed.id}`,
    });
    await run(db, 'reopen', {}, [id]);
    const open = await planUndo(db, reopened, asking(), { processId: processName, now: later });
    expect(await itemStates(db, open)).toEqual({
      [id]: `excluded: conflict: changed since Operation #${reopened.id}`,
    });
  });
});

describeEachDatabase('an undo that was cancelled', (fresh) => {
  test('can be repeated, as often as it is cancelled', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 3);
    const before = await dump(db);
    const closed = await run(db, 'close', {}, ids);
    for (const _ of [1, 2]) {
      const undoing = await applyPlanned(db, await beginUndo(db, closed));
      expect(await cancel(db, undoing)).toMatchObject({ state: 'cancelled', total: 3 });
    }
    expect((await undo(db, closed)).total).toBe(3);
    expect(await dump(db)).toEqual(before);
    expect(await refusal(db, closed)).toMatch(/already undone by Operation #\d+; that is possible once/);
  });

  test('in the middle can be repeated for the polls that went back', async () => {
    const db = await fresh();
    const [shown, back] = (await postedPolls(db, 2)) as [number, number];
    const closed = await run(db, 'close', {}, [shown, back]);
    const undoing = await applyPlanned(db, await beginUndo(db, closed));
    await db
      .updateTable('polls')
      .set({ shown_revision: 99, sent_revision: 99 })
      .where('id', '=', shown)
      .execute();
    await cancel(db, undoing);
    const again = await planUndo(db, closed, asking(), { processId: processName, now: later });
    expect(await itemStates(db, again)).toEqual({
      [shown]: `excluded: already undone by Operation #${undoing.operationId}`,
      [back]: 'planned',
    });
  });
});

describeEachDatabase('an undo', (fresh) => {
  test('that left a poll to the operation that held it can be repeated for that one alone', async () => {
    const db = await fresh();
    const [free, held] = (await postedPolls(db, 2)) as [number, number];
    const closed = await run(db, 'close', {}, [free, held]);
    const holding = await begin(db, 'delete', {}, [held]);
    const first = await undo(db, closed);
    expect(await itemStates(db, first.id)).toEqual({
      [free]: 'done',
      [held]: `excluded: held by Operation #${holding.operationId}`,
    });
    await cancel(db, holding);
    const second = await undo(db, closed);
    expect(await itemStates(db, second.id)).toEqual({
      [free]: `excluded: already undone by Operation #${first.id}`,
      [held]: 'done',
    });
    expect(await refusal(db, closed)).toContain(`already undone by Operation #${first.id}`);
  });

  test('undoes a poll once, also where the operation was done again since', async () => {
    const db = await fresh();
    const [one, other] = (await postedPolls(db, 2)) as [number, number];
    const changed = await run(db, 'settings', { max_choices: 2 }, [one, other]);
    await undo(db, changed);
    await run(db, 'settings', { max_choices: 2 }, [one, other]);
    expect(await refusal(db, changed)).toMatch(/already undone/);
  });

  test('whose messages Discord refused is retried without being undone twice', async () => {
    const db = await fresh();
    const ids = (await postedPolls(db, 2)) as [number, number];
    const before = await dump(db);
    const closed = await run(db, 'close', {}, ids);
    const undone = await undo(db, closed, [ids[0]]);
    expect(undone.state).toBe('completed with failures');
    expect(await refusal(db, closed)).toMatch(/already undone/);
    const retry = await beginRetry(db, undone);
    expect(await itemStates(db, retry.operationId)).toEqual({ [ids[0]]: 'applied' });
    await finish(db, retry);
    expect(await dump(db)).toEqual(before);
  });

  test('whose retry was cancelled can be repeated for what went back', async () => {
    const db = await fresh();
    const ids = (await postedPolls(db, 2)) as [number, number];
    const before = await dump(db);
    const closed = await run(db, 'close', {}, ids);
    const undone = await undo(db, closed, [ids[0]]);
    await cancel(db, await beginRetry(db, undone));
    const again = await undo(db, closed);
    expect(await itemStates(db, again.id)).toEqual({
      [ids[0]]: 'done',
      [ids[1]]: `excluded: already undone by Operation #${undone.id}`,
    });
    expect(await dump(db)).toEqual(before);
  });
});

describeEachDatabase('a retry', (fresh) => {
  test('is possible again after one that was cancelled, and changes what that had put back', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const before = await dump(db);
    const closed = await run(db, 'close', {}, [id], [id]);
    await cancel(db, await beginRetry(db, closed));
    expect(await dump(db)).toEqual(before);
    expect(await refusal(db, closed)).toMatch(/changed no poll/);
    const again = await beginRetry(db, closed);
    expect(await itemStates(db, again.operationId)).toEqual({ [id]: 'applied' });
    const done = await finish(db, again);
    expect((await undo(db, done)).total).toBe(1);
    expect(await dump(db)).toEqual(before);
  });

  test('is not kept from a poll by an operation that was cancelled or undone in between', async () => {
    const db = await fresh();
    const [failed, unreached] = (await postedPolls(db, 2)) as [number, number];
    const closed = await run(db, 'close', {}, [failed, unreached], [failed, unreached]);
    await cancel(db, await begin(db, 'delete', {}, [failed]));
    await undo(db, await run(db, 'settings', { max_choices: 2 }, [unreached]));
    const retry = await beginRetry(db, closed);
    expect(Object.values(await itemStates(db, retry.operationId))).toEqual(['applied', 'applied']);
  });

  test('does not repeat what an undo took back', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const closed = await run(db, 'close', {}, [id], [id]);
    await undo(db, closed);
    const retry = await beginRetry(db, closed);
    expect(await itemStates(db, retry.operationId)).toEqual({
      [id]: `skipped: changed since Operation #${closed.id}`,
    });
    expect((await finishOperation(db, retry, { from: ['running'], result: null }, later))!.state).toBe(
      'completed',
    );
  });

  test('leaves alone a poll that somebody changed since', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const lease = await begin(db, 'settings', { max_choices: 2 }, [id]);
    await fail(db, lease, [id]);
    const ended = (await finishOperation(db, lease, { from: ['running'], result: null }, later))!;
    await run(db, 'settings', { timezone: 'Europe/Berlin' }, [id]);
    const retry = await beginRetry(db, ended);
    expect(await itemStates(db, retry.operationId)).toEqual({
      [id]: `skipped: changed since Operation #${ended.id}`,
    });
  });
});
