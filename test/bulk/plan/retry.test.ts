import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { boundKind, operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import type { OperationRow } from '../../../src/bulk/operation.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { applyInChunks } from '../../../src/bulk/run/apply.ts';
import type { Db } from '../../../src/db/schema.ts';
import { now } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import {
  asking,
  dump,
  itemStates,
  later,
  operationOf,
  postedPolls,
  processName,
  running,
  start,
} from '../bulk-fixture.ts';
import { changing } from '../changing.ts';
import { abort, beginRetry, beginUndo, cancel, finish, queueRetry, run, undo, vote } from '../steps.ts';

const [ann, bob] = ['900000000000000601', '900000000000000602'] as const;

/** An operation that ended before it reached any of these polls. */
async function unreached(
  db: Db,
  name: string,
  options: Record<string, unknown>,
  ids: readonly number[],
): Promise<OperationRow> {
  const kind = operationKind(name);
  return await abort(
    db,
    await running(db, { kind, params: readParams(kind, options, now), filter: { ids } }),
  );
}

async function show(db: Db, id: number): Promise<void> {
  await sql`update polls set shown_revision = revision, sent_revision = revision where id = ${id}`.execute(
    db,
  );
}

async function statuses(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('polls').select('status').orderBy('id').execute();
  return rows.map(({ status }) => status);
}

async function voters(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('votes').select('user_id').orderBy('user_id').execute();
  return rows.map(({ user_id }) => user_id);
}

function held({ id, fence }: OperationRow): Lease {
  return { operationId: id, fence };
}

describeEachDatabase('a second retry', (fresh) => {
  test('counts as done what a cancelled one had done', async () => {
    const db = await fresh();
    const [shown, back] = (await postedPolls(db, 2)) as [number, number];
    const failed = await unreached(db, 'close', {}, [shown, back]);
    const first = await beginRetry(db, failed);
    await show(db, shown);
    await cancel(db, first);
    expect(await itemStates(db, first.operationId)).toEqual({
      [shown]: 'done',
      [back]: 'skipped: cancelled, put back',
    });
    const second = await finish(db, await beginRetry(db, failed));
    expect(await itemStates(db, second.id)).toEqual({ [shown]: 'done', [back]: 'done' });
    expect(second.state).toBe('completed');
  });

  test('only shows what an aborted one has changed, and resets no votes again', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    await vote(db, id, ann, 0);
    await run(db, 'close', {}, [id]);
    const failed = await unreached(db, 'reopen', { reset_votes: true }, [id]);
    await abort(db, await beginRetry(db, failed));
    await vote(db, id, bob, 1);
    const second = await finish(db, await beginRetry(db, failed));
    expect(await itemStates(db, second.id)).toEqual({ [id]: 'done' });
    expect(await voters(db)).toEqual([bob]);
    await undo(db, second);
    expect(await voters(db)).toEqual([ann]);
  });

  test('puts back, as it is cancelled, what an aborted one has changed; then nobody has changed it', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const before = await dump(db);
    const failed = await unreached(db, 'close', {}, [id]);
    const aborted = await abort(db, await beginRetry(db, failed));
    const waiting = await queueRetry(db, failed);
    await cancel(db, held(waiting));
    expect(await itemStates(db, waiting.id)).toEqual({ [id]: 'skipped: cancelled, put back' });
    expect(await dump(db)).toEqual(before);
    await expect(planUndo(db, aborted, asking(), { processId: processName, now: later })).rejects.toThrow(
      'changed no poll',
    );
    const third = await finish(db, await beginRetry(db, failed));
    expect(await itemStates(db, third.id)).toEqual({ [id]: 'done' });
    expect(await statuses(db)).toEqual(['closed']);
  });

  test('that waited goes by what the other has done or put back meanwhile', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const failed = await unreached(db, 'close', {}, [id]);
    const aborted = await abort(db, held(await queueRetry(db, failed)));
    const [one, other] = [await queueRetry(db, failed), await queueRetry(db, aborted)];
    await finish(db, await applyPlanned(db, await start(db, one)));
    await finish(db, await applyPlanned(db, await start(db, other)));
    expect(await itemStates(db, other.id)).toEqual({ [id]: 'done' });
  });

  test('does not repeat what an undo took back of the first', async () => {
    const db = await fresh();
    const [id, back] = (await postedPolls(db, 2)) as [number, number];
    const failed = await unreached(db, 'settings', { max_choices: 2 }, [id, back]);
    const first = await beginRetry(db, failed);
    await show(db, id);
    await undo(db, await cancel(db, first));
    const second = await finish(db, await beginRetry(db, failed));
    expect(await itemStates(db, second.id)).toEqual({
      [id]: `skipped: changed since Operation #${failed.id}`,
      [back]: 'done',
    });
  });
});

describeEachDatabase('a retry that is cancelled', (fresh) => {
  test('while it waits leaves no poll half-way either', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const before = await dump(db);
    const failed = await run(db, 'close', {}, [id], [id]);
    const waiting = await queueRetry(db, failed);
    await cancel(db, held(waiting));
    expect(await itemStates(db, waiting.id)).toEqual({ [id]: 'skipped: cancelled, put back' });
    expect(await dump(db)).toEqual(before);
  });

  test('while it waits keeps what a message shows by now, what votes keep, and what others hold or changed', async () => {
    const db = await fresh();
    const ids = (await postedPolls(db, 4)) as [number, number, number, number];
    const [shown, voted, theirs, changed] = ids;
    const failed = await run(db, 'settings', { anonymous: true }, ids, ids);
    await show(db, shown);
    await vote(db, voted, ann, 0);
    const waiting = await queueRetry(db, failed);
    await db.updateTable('polls').set({ held_by: failed.id }).where('id', '=', theirs).execute();
    await db.updateTable('polls').set({ max_choices: 2 }).where('id', '=', changed).execute();
    await cancel(db, held(waiting));
    const left = 'skipped: cancelled; changed meanwhile, so left as it is';
    expect(await itemStates(db, waiting.id)).toEqual({
      [shown]: 'done',
      [voted]: 'done',
      [theirs]: left,
      [changed]: left,
    });
    const rows = await db.selectFrom('polls').select('anonymous').execute();
    expect(rows.map(({ anonymous }) => anonymous)).toEqual([true, true, true, true]);
  });

  test('between two chunks treats all of its polls alike', async () => {
    const db = await fresh();
    const ids = (await postedPolls(db, 2)) as [number, number];
    const failed = await run(db, 'close', {}, ids, ids);
    const retry = await start(db, await queueRetry(db, failed));
    const kind = changing(boundKind(await operationOf(db, retry.operationId)));
    const sizes = { first: 1, further: 1 };
    const applying = { kind, now: () => later, isWanted: () => true, sizes };
    const chunks = applyInChunks(db, retry, applying);
    await chunks.next();
    await chunks.return(undefined);
    expect(Object.values(await itemStates(db, retry.operationId)).sort()).toEqual(['applied', 'planned']);
    await cancel(db, retry);
    expect(await statuses(db)).toEqual(['active', 'active']);
  });
});

describeEachDatabase('a retry of an undo', (fresh) => {
  test('names the operation that was undone, not the undo', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const closed = await run(db, 'close', {}, [id]);
    const undoing = await beginUndo(db, closed);
    await abort(db, undoing);
    await undo(db, closed);
    const again = await beginRetry(db, await operationOf(db, undoing.operationId));
    expect(await itemStates(db, again.operationId)).toEqual({
      [id]: `skipped: already what it was before Operation #${closed.id}`,
    });
  });
});
