import { type Insertable, sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db, OperationTable, PollTable } from '../../src/db/schema.ts';
import { purge } from '../../src/db/upkeep/purge.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { recorded } from '../support/statements.ts';

const now = new Date('2026-12-01T12:00:00Z');
const retention = { deletedRetentionDays: 30, historyRetentionDays: 365 };

describeEachDatabase('purge', (fresh) => {
  test('removes previews a day after they expired, with their items', async () => {
    const db = await fresh();
    const old = await operation(db, { state: 'draft', expires_at: daysAgo(1.1) });
    await item(db, old);
    await operation(db, { state: 'discarded', expires_at: daysAgo(1.1) });
    const young = await operation(db, { state: 'draft', expires_at: daysAgo(0.9) });
    const confirmed = await operation(db, { state: 'queued', expires_at: daysAgo(5) });
    expect(await purge(db, now, retention)).toMatchObject({ drafts: 2, operations: 0 });
    expect(await operations(db)).toEqual([young, confirmed]);
    expect(await db.selectFrom('operation_items').selectAll().execute()).toEqual([]);
  });

  test('removes operations that finished longer ago than history is kept, but not their audit', async () => {
    const db = await fresh();
    const old = await operation(db, { state: 'completed', finished_at: daysAgo(366) });
    await item(db, old);
    await db
      .insertInto('audit')
      .values({ at: daysAgo(366), operation_id: old, process: 'p', event: 'completed', details: '{}' })
      .execute();
    const young = await operation(db, { state: 'failed', finished_at: daysAgo(364) });
    const running = await operation(db, { state: 'running', created_at: daysAgo(400) });
    expect(await purge(db, now, retention)).toMatchObject({ operations: 1 });
    expect(await operations(db)).toEqual([young, running]);
    expect(await db.selectFrom('operation_items').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('audit').select('operation_id').execute()).toEqual([{ operation_id: old }]);
  });

  test('keeps an operation as long as the ones that retry or undo it', async () => {
    const db = await fresh();
    const first = await operation(db, { state: 'completed', finished_at: daysAgo(368) });
    const second = await operation(db, { state: 'completed', finished_at: daysAgo(367), retry_of: first });
    const third = await operation(db, { state: 'completed', finished_at: daysAgo(364), undo_of: second });
    const gone = await operation(db, { state: 'completed', finished_at: daysAgo(368) });
    await operation(db, { state: 'completed', finished_at: daysAgo(367), undo_of: gone });
    expect(await purge(db, now, retention)).toMatchObject({ operations: 2 });
    expect(await operations(db)).toEqual([first, second, third]);
  });

  test('works through more operations than fit one batch', async () => {
    const db = await fresh();
    let previous: number | null = null;
    for (let index = 0; index < 45; index += 1) {
      previous = await operation(db, { state: 'completed', finished_at: daysAgo(400), retry_of: previous });
    }
    expect(await purge(db, now, retention)).toMatchObject({ operations: 45 });
    expect(await operations(db)).toEqual([]);
  });

  test('keeps an operation that still holds a poll', async () => {
    const db = await fresh();
    const holder = await operation(db, { state: 'failed', finished_at: daysAgo(400) });
    await poll(db, { held_by: holder });
    expect(await purge(db, now, retention)).toMatchObject({ operations: 0 });
  });

  test('removes the votes of a large poll in several steps, those that are aside too, and then the poll', async () => {
    const { db, statements } = recorded(await fresh());
    const old = await poll(db, { deleted_at: daysAgo(31) });
    const young = await poll(db, { deleted_at: daysAgo(29) });
    const reset = await operation(db, { state: 'completed', finished_at: daysAgo(2) });
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
    expect(await polls(db)).toEqual([young]);
    expect(await db.selectFrom('votes').select('poll_id').execute()).toEqual([{ poll_id: young }]);
    expect(await db.selectFrom('votes_aside').selectAll().execute()).toEqual([]);
  });

  test('removes polls deleted longer ago than they are kept, with their options and votes', async () => {
    const db = await fresh();
    const old = await poll(db, { deleted_at: daysAgo(31) });
    await db.insertInto('poll_options').values({ poll_id: old, position: 0, label: 'A' }).execute();
    await db
      .insertInto('votes')
      .values({ poll_id: old, position: 0, user_id: 'u', created_at: daysAgo(40) })
      .execute();
    const young = await poll(db, { deleted_at: daysAgo(29) });
    const alive = await poll(db, { created_at: daysAgo(400) });
    expect(await purge(db, now, retention)).toMatchObject({ polls: 1 });
    expect(await polls(db)).toEqual([young, alive]);
    expect(await db.selectFrom('votes').selectAll().execute()).toEqual([]);
  });

  test('keeps a deleted poll that is held, or whose message can still be removed', async () => {
    const db = await fresh();
    const holder = await operation(db, { state: 'paused' });
    const held = await poll(db, { deleted_at: daysAgo(31), held_by: holder });
    const shown = await poll(db, { deleted_at: daysAgo(31), shown_revision: 0 });
    await poll(db, { deleted_at: daysAgo(31), shown_revision: 0, parked_code: '50001' });
    await poll(db, { deleted_at: daysAgo(31), shown_revision: 0, message_gone: true });
    expect(await purge(db, now, retention)).toMatchObject({ polls: 2 });
    expect(await polls(db)).toEqual([held, shown]);
  });

  test('keeps a deleted poll while its delete can still be undone, however long that ran', async () => {
    const db = await fresh();
    const day = { ...retention, deletedRetentionDays: 1 };
    const ended = await operation(db, { kind: 'delete', state: 'completed', finished_at: daysAgo(0.9) });
    const paused = await operation(db, { kind: 'delete', state: 'paused' });
    const draft = await operation(db, { kind: 'delete', state: 'draft', expires_at: now });
    const old = await operation(db, { kind: 'delete', state: 'completed', finished_at: daysAgo(1.1) });
    const deleted: number[] = [];
    for (const by of [ended, paused, draft, old]) {
      const id = await poll(db, { deleted_at: daysAgo(1.2) });
      await item(db, by, id);
      deleted.push(id);
    }
    expect(await purge(db, now, day)).toMatchObject({ polls: 2 });
    expect(await polls(db)).toEqual(deleted.slice(0, 2));
  });

  test('keeps a deleted poll that an undo or a retry still needs, in whatever state that waits', async () => {
    const db = await fresh();
    const day = { ...retention, deletedRetentionDays: 1 };
    const deleting = await operation(db, { kind: 'delete', state: 'completed', finished_at: daysAgo(1.5) });
    const needed: number[] = [];
    for (const state of ['queued', 'paused', 'running', 'cancelling'] as const) {
      needed.push(await operation(db, { kind: 'undo', state, undo_of: deleting }));
      needed.push(await operation(db, { kind: 'delete', state, retry_of: deleting }));
    }
    needed.push(await operation(db, { kind: 'undo', state: 'draft', expires_at: daysAgo(-0.01) }));
    needed.push(await operation(db, { kind: 'undo', state: 'failed', finished_at: daysAgo(0.9) }));
    const over = [
      await operation(db, { kind: 'undo', state: 'draft', expires_at: daysAgo(0.01) }),
      await operation(db, { kind: 'undo', state: 'discarded', expires_at: daysAgo(-0.01) }),
      await operation(db, { kind: 'undo', state: 'cancelled', finished_at: daysAgo(1.1) }),
    ];
    const deleted: number[] = [];
    for (const by of [...needed, ...over]) {
      const id = await poll(db, { deleted_at: daysAgo(2) });
      await item(db, by, id);
      deleted.push(id);
    }
    expect(await purge(db, now, day)).toMatchObject({ polls: over.length });
    expect(await polls(db)).toEqual(deleted.slice(0, needed.length));
  });

  test('forgets handled interactions after a day', async () => {
    const db = await fresh();
    await db
      .insertInto('handled_interactions')
      .values([
        { interaction_id: 'old', handled_at: daysAgo(1.1) },
        { interaction_id: 'young', handled_at: daysAgo(0.9) },
      ])
      .execute();
    expect(await purge(db, now, retention)).toMatchObject({ interactions: 1 });
    expect(await db.selectFrom('handled_interactions').select('interaction_id').execute()).toEqual([
      { interaction_id: 'young' },
    ]);
  });

  test('forgets pickers that nobody has pressed for a week, but nothing that was selected', async () => {
    const db = await fresh();
    await db.insertInto('selections').values({ admin_id: '1', scope: '' }).execute();
    await db.insertInto('selected_polls').values({ admin_id: '1', scope: '', poll_id: 12 }).execute();
    const picker = { admin_id: '1', scope: '', filter: '{}', targets: '{}', sort: 'newest', frames: '[]' };
    await db
      .insertInto('pickers')
      .values([
        { ...picker, interaction_id: 'old', used_at: daysAgo(7.1) },
        { ...picker, interaction_id: 'young', used_at: daysAgo(6.9) },
      ])
      .execute();
    expect(await purge(db, now, retention)).toMatchObject({ pickers: 1 });
    expect(await db.selectFrom('pickers').select('interaction_id').execute()).toEqual([
      { interaction_id: 'young' },
    ]);
    expect(await db.selectFrom('selected_polls').select('poll_id').execute()).toEqual([{ poll_id: 12 }]);
  });
});

function daysAgo(days: number): Date {
  return new Date(now.getTime() - days * 86_400_000);
}

let interactions = 0;

type OperationColumns =
  | 'kind'
  | 'state'
  | 'expires_at'
  | 'finished_at'
  | 'created_at'
  | 'retry_of'
  | 'undo_of';

async function operation(
  db: Db,
  columns: Partial<Pick<Insertable<OperationTable>, OperationColumns>>,
): Promise<number> {
  interactions += 1;
  const { id } = await db
    .insertInto('operations')
    .values({
      kind: 'close',
      admin_id: '1',
      guild_id: '2',
      channel_id: '3',
      interaction_id: String(interactions),
      locale: 'en',
      params: '{}',
      targets: '{}',
      created_at: now,
      ...columns,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

type PollColumns =
  | 'deleted_at'
  | 'held_by'
  | 'shown_revision'
  | 'parked_code'
  | 'message_gone'
  | 'created_at';

async function poll(db: Db, columns: Partial<Pick<Insertable<PollTable>, PollColumns>>): Promise<number> {
  interactions += 1;
  const { id } = await db
    .insertInto('polls')
    .values({
      question: 'Which?',
      guild_id: '2',
      channel_id: '3',
      creator_id: '1',
      status: 'active',
      created_at: now,
      interaction_id: String(interactions),
      shown_revision: 1,
      ...columns,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

async function item(db: Db, operationId: number, pollId = 1): Promise<void> {
  await db
    .insertInto('operation_items')
    .values({ operation_id: operationId, poll_id: pollId, position: 0, state: 'planned' })
    .execute();
}

async function operations(db: Db): Promise<number[]> {
  return (await db.selectFrom('operations').select('id').orderBy('id').execute()).map((row) => row.id);
}

async function polls(db: Db): Promise<number[]> {
  return (await db.selectFrom('polls').select('id').orderBy('id').execute()).map((row) => row.id);
}
