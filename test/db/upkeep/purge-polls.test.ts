import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { purge } from '../../../src/db/upkeep/purge.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { recorded } from '../../support/statements.ts';
import { daysAgo, givenItem, givenOperation, givenPoll, now, pollIds, retention } from './purge-rows.ts';

describeEachDatabase('purge', (fresh) => {
  test('removes the votes of a large poll in several steps, those that are aside too, and then the poll', async () => {
    const { db, statements } = recorded(await fresh());
    const old = await givenPoll(db, { deleted_at: daysAgo(31) });
    const young = await givenPoll(db, { deleted_at: daysAgo(29) });
    const reset = await givenOperation(db, { state: 'completed', finished_at: daysAgo(2) });
    await sql`insert into votes select ${old}::int, n % 20, n::text, ${now} from generate_series(1, 25000) n`.execute(
      db,
    );
    await sql`insert into votes select ${young}::int, 0, 'u', ${now}`.execute(db);
    await sql`insert into votes_aside (operation_id, poll_id, position, user_id, created_at)
      select ${reset}::int, ${old}::int, 0, n::text, ${now} from generate_series(1, 12000) n`.execute(db);
    const before = statements.length;
    expect(await purge(db, now, retention)).toMatchObject({ polls: 1 });
    const removing = (table: string) =>
      statements.slice(before).filter((text) => text.startsWith(`\n      delete from "${table}"`)).length;
    expect([removing('votes'), removing('votes_aside')]).toEqual([4, 4]);
    expect(await pollIds(db)).toEqual([young]);
    expect(await db.selectFrom('votes').select('poll_id').execute()).toEqual([{ poll_id: young }]);
    expect(await db.selectFrom('votes_aside').selectAll().execute()).toEqual([]);
  });

  test('removes polls deleted longer ago than they are kept, with their options and votes', async () => {
    const db = await fresh();
    const old = await givenPoll(db, { deleted_at: daysAgo(31) });
    await db.insertInto('poll_options').values({ poll_id: old, position: 0, label: 'A' }).execute();
    await db
      .insertInto('votes')
      .values({ poll_id: old, position: 0, user_id: 'u', created_at: daysAgo(40) })
      .execute();
    const young = await givenPoll(db, { deleted_at: daysAgo(29) });
    const alive = await givenPoll(db, { created_at: daysAgo(400) });
    expect(await purge(db, now, retention)).toMatchObject({ polls: 1 });
    expect(await pollIds(db)).toEqual([young, alive]);
    expect(await db.selectFrom('votes').selectAll().execute()).toEqual([]);
  });

  test('keeps a deleted poll that is held, or whose message can still be removed', async () => {
    const db = await fresh();
    const holder = await givenOperation(db, { state: 'paused' });
    const held = await givenPoll(db, { deleted_at: daysAgo(31), held_by: holder });
    const shown = await givenPoll(db, { deleted_at: daysAgo(31), shown_revision: 0 });
    await givenPoll(db, { deleted_at: daysAgo(31), shown_revision: 0, parked_code: '50001' });
    await givenPoll(db, { deleted_at: daysAgo(31), shown_revision: 0, message_gone: true });
    expect(await purge(db, now, retention)).toMatchObject({ polls: 2 });
    expect(await pollIds(db)).toEqual([held, shown]);
  });

  test('keeps a deleted poll while its delete can still be undone, however long that ran', async () => {
    const db = await fresh();
    const day = { ...retention, deletedRetentionDays: 1 };
    const ended = await givenOperation(db, { kind: 'delete', state: 'completed', finished_at: daysAgo(0.9) });
    const paused = await givenOperation(db, { kind: 'delete', state: 'paused' });
    const draft = await givenOperation(db, { kind: 'delete', state: 'draft', expires_at: now });
    const old = await givenOperation(db, { kind: 'delete', state: 'completed', finished_at: daysAgo(1.1) });
    const deleted: number[] = [];
    for (const by of [ended, paused, draft, old]) {
      const id = await givenPoll(db, { deleted_at: daysAgo(1.2) });
      await givenItem(db, by, id);
      deleted.push(id);
    }
    expect(await purge(db, now, day)).toMatchObject({ polls: 2 });
    expect(await pollIds(db)).toEqual(deleted.slice(0, 2));
  });

  test('keeps a deleted poll that an undo or a retry still needs, in whatever state that waits', async () => {
    const db = await fresh();
    const day = { ...retention, deletedRetentionDays: 1 };
    const deleting = await givenOperation(db, {
      kind: 'delete',
      state: 'completed',
      finished_at: daysAgo(1.5),
    });
    const needed: number[] = [];
    for (const state of ['queued', 'paused', 'running', 'cancelling'] as const) {
      needed.push(await givenOperation(db, { kind: 'undo', state, undo_of: deleting }));
      needed.push(await givenOperation(db, { kind: 'delete', state, retry_of: deleting }));
    }
    needed.push(await givenOperation(db, { kind: 'undo', state: 'draft', expires_at: daysAgo(-0.01) }));
    needed.push(await givenOperation(db, { kind: 'undo', state: 'failed', finished_at: daysAgo(0.9) }));
    const over = [
      await givenOperation(db, { kind: 'undo', state: 'draft', expires_at: daysAgo(0.01) }),
      await givenOperation(db, { kind: 'undo', state: 'discarded', expires_at: daysAgo(-0.01) }),
      await givenOperation(db, { kind: 'undo', state: 'cancelled', finished_at: daysAgo(1.1) }),
    ];
    const deleted: number[] = [];
    for (const by of [...needed, ...over]) {
      const id = await givenPoll(db, { deleted_at: daysAgo(2) });
      await givenItem(db, by, id);
      deleted.push(id);
    }
    expect(await purge(db, now, day)).toMatchObject({ polls: over.length });
    expect(await pollIds(db)).toEqual(deleted.slice(0, needed.length));
  });
});
