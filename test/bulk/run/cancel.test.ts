import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { releaseHolds } from '../../../src/bulk/run/put-back.ts';
import type { Db } from '../../../src/db/schema.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import { dump, itemStates, postedPolls } from '../bulk-fixture.ts';
import { begin, beginRetry, beginUndo, cancel, fail, finish, run, undo, vote } from '../steps.ts';

const [ann, bob] = ['900000000000000601', '900000000000000602'] as const;

async function pollRow(db: Db, id: number) {
  return await db.selectFrom('polls').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

async function remarks(db: Db, operationId: number): Promise<Record<number, string | null>> {
  const items = await db
    .selectFrom('operation_items')
    .select(['poll_id', 'remark'])
    .where('operation_id', '=', operationId)
    .execute();
  return Object.fromEntries(items.map((item) => [item.poll_id, item.remark]));
}

describeEachDatabase('a cancel after votes were cast', (fresh) => {
  test('shows no vote that was promised to be secret: such a poll stays as it was changed, and is done', async () => {
    const db = await fresh();
    const ids = (await postedPolls(db, 4)) as [number, number, number, number];
    const [secret, before, takenBack, failed] = ids;
    await vote(db, before, ann, 0);
    await vote(db, takenBack, ann, 0);
    const lease = await begin(db, 'settings', { anonymous: true }, ids);
    await fail(db, lease, [failed]);
    await vote(db, secret, bob, 0);
    await vote(db, failed, bob, 0);
    await vote(db, takenBack, bob, 1);
    await vote(db, takenBack, bob, 1);
    await cancel(db, lease);
    const anonymous = await Promise.all(ids.map(async (id) => (await pollRow(db, id)).anonymous));
    expect(anonymous).toEqual([true, false, false, true]);
    expect(await itemStates(db, lease.operationId)).toEqual({
      [secret]: 'done',
      [before]: 'skipped: cancelled, put back',
      [takenBack]: 'skipped: cancelled, put back',
      [failed]: 'done',
    });
    const stays = 'cancelled, but stays changed: it has votes that were promised to be anonymous';
    expect(await remarks(db, lease.operationId)).toMatchObject({ [secret]: stays, [failed]: stays });
    const shown = await pollRow(db, secret);
    expect(shown).toMatchObject({ held_by: null, parked_code: null });
    expect(shown.shown_revision).toBeLessThan(shown.revision);
  });

  test('of a retry shows none of those cast before the retry either', async () => {
    const db = await fresh();
    const [secret, untouched] = (await postedPolls(db, 2)) as [number, number];
    await vote(db, untouched, ann, 0);
    const ids = [secret, untouched];
    const failed = await run(db, 'settings', { anonymous: true }, ids, ids);
    await vote(db, secret, bob, 0);
    const retry = await beginRetry(db, failed);
    await cancel(db, retry);
    expect((await pollRow(db, secret)).anonymous).toBe(true);
    expect((await pollRow(db, untouched)).anonymous).toBe(false);
    expect(await itemStates(db, retry.operationId)).toEqual({
      [secret]: 'done',
      [untouched]: 'skipped: cancelled, put back',
    });
  });

  test('of a retry leaves a change that a message has shown since it failed', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const failed = await run(db, 'settings', { max_choices: 2 }, [id], [id]);
    await sql`update polls set shown_revision = revision, sent_revision = revision`.execute(db);
    await vote(db, id, ann, 0);
    const retry = await beginRetry(db, failed);
    await cancel(db, retry);
    expect((await pollRow(db, id)).max_choices).toBe(2);
    expect(await itemStates(db, retry.operationId)).toEqual({ [id]: 'done' });
  });

  test('of a retry has the votes shown that were cast since it failed', async () => {
    const db = await fresh();
    const [voted, untouched] = (await postedPolls(db, 2)) as [number, number];
    await sql`update polls set shown_revision = revision, sent_revision = revision`.execute(db);
    const failed = await run(db, 'settings', { max_choices: 2 }, [voted, untouched], [voted, untouched]);
    await vote(db, voted, ann, 0);
    await cancel(db, await beginRetry(db, failed));
    const [first, second] = [await pollRow(db, voted), await pollRow(db, untouched)];
    expect([first.max_choices, second.max_choices]).toEqual([1, 1]);
    expect(first.shown_revision).toBeLessThan(first.revision);
    expect(second.shown_revision).toBe(second.revision);
  });

  test('leaves nobody with more choices than the poll allows', async () => {
    const db = await fresh();
    const [several, one] = (await postedPolls(db, 2)) as [number, number];
    const lease = await begin(db, 'settings', { max_choices: 3 }, [several, one]);
    for (const position of [0, 1, 2]) await vote(db, several, ann, position);
    await vote(db, one, ann, 0);
    await cancel(db, lease);
    expect((await pollRow(db, several)).max_choices).toBe(3);
    expect((await pollRow(db, one)).max_choices).toBe(1);
    expect(await itemStates(db, lease.operationId)).toEqual({
      [several]: 'done',
      [one]: 'skipped: cancelled, put back',
    });
    expect((await remarks(db, lease.operationId))[several]).toMatch(/stays changed: .*chosen 3 options/);
  });

  test('of an undo keeps what votes since that undo forbid to take back', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    await db.updateTable('polls').set({ anonymous: true }).execute();
    const shown = await run(db, 'settings', { anonymous: false }, [id]);
    const undoing = await applyPlanned(db, await beginUndo(db, shown));
    await vote(db, id, ann, 0);
    await cancel(db, undoing);
    expect((await pollRow(db, id)).anonymous).toBe(true);
    expect(await itemStates(db, undoing.operationId)).toEqual({ [id]: 'done' });
  });

  test('brings the old votes back and keeps those cast since aside: none is lost', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    await vote(db, id, ann, 0);
    await run(db, 'close', {}, [id]);
    const before = await dump(db);
    const lease = await begin(db, 'reopen', { reset_votes: true }, [id]);
    await vote(db, id, ann, 0);
    await vote(db, id, bob, 1);
    await cancel(db, lease);
    expect(await dump(db)).toEqual(before);
    const aside = await db
      .selectFrom('votes_aside')
      .select(['operation_id', 'user_id', 'position', 'cast_since'])
      .orderBy('user_id')
      .execute();
    const kept = { operation_id: lease.operationId, cast_since: true };
    expect(aside).toEqual([
      { ...kept, user_id: ann, position: 0 },
      { ...kept, user_id: bob, position: 1 },
    ]);
  });
});

describeEachDatabase('a cancelled operation', (fresh) => {
  test('takes neither undo nor retry from the one before', async () => {
    const db = await fresh();
    const [id, failed] = (await postedPolls(db, 2)) as [number, number];
    const before = await dump(db);
    const closed = await run(db, 'close', {}, [id, failed], [failed]);
    await cancel(db, await begin(db, 'delete', {}, [id, failed]));
    await cancel(db, await begin(db, 'reopen', {}, [id, failed]));
    const undone = await undo(db, closed);
    expect([undone.state, undone.total]).toEqual(['completed', 2]);
    expect(await dump(db)).toEqual(before);
  });

  test('puts back a failed poll that somebody changed and changed back', async () => {
    const db = await fresh();
    const [id, other] = (await postedPolls(db, 2)) as [number, number];
    const before = await dump(db);
    const lease = await begin(db, 'close', {}, [id, other]);
    await fail(db, lease, [id]);
    const inBetween = await run(db, 'settings', { timezone: 'Europe/Berlin' }, [id], [id]);
    await undo(db, inBetween, [id]);
    await cancel(db, lease);
    expect(await dump(db)).toEqual(before);
    expect(await finishedWith(db, lease.operationId)).toEqual([
      'skipped: cancelled, put back',
      'skipped: cancelled, put back',
    ]);
  });

  test('has the message of a retried poll edited where votes were cast before the retry', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const failed = await run(db, 'settings', { timezone: 'Europe/Berlin' }, [id], [id]);
    await vote(db, id, ann, 0);
    await cancel(db, await beginRetry(db, failed));
    const poll = await pollRow(db, id);
    expect(poll.timezone).toBe('UTC');
    expect(poll.shown_revision).toBeLessThan(poll.revision);
  });

  test('forgets what Discord refused of its change, so that votes show again', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const lease = await begin(db, 'settings', { timezone: 'Europe/Berlin' }, [id]);
    await db.updateTable('polls').set({ parked_code: '50035', parked_reason: 'too long' }).execute();
    await fail(db, lease, [id]);
    await cancel(db, lease);
    expect((await pollRow(db, id)).parked_code).toBeNull();
  });

  test('leaves a failed poll to the operation that holds it by now', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    const lease = await begin(db, 'close', {}, [id]);
    await fail(db, lease, [id]);
    const holding = await begin(db, 'settings', { timezone: 'Europe/Berlin' }, [id]);
    await cancel(db, lease);
    expect(await pollRow(db, id)).toMatchObject({ status: 'closed', held_by: holding.operationId });
    await finish(db, holding);
    await inTransaction(db, (trx) => releaseHolds(trx, lease.operationId));
  });
});

async function finishedWith(db: Db, operationId: number): Promise<string[]> {
  return Object.values(await itemStates(db, operationId));
}
