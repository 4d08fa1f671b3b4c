import { expect, test } from 'vitest';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import { runOperation } from '../../../src/bulk/run/run-operation.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import {
  actor,
  adminId,
  asking,
  itemStates,
  later,
  operationOf,
  plan,
  postedPolls,
  processName,
  running,
} from '../bulk-fixture.ts';
import { begin, csvOf, depsWith, exported, Inbox, jsonOf, kind, never } from './export-scene.ts';

describeEachDatabase('export', (fresh) => {
  test('changes no poll, and takes held polls as they are', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 3);
    const holder = await running(db, { filter: { ids: [ids[1]!] } });
    await db.updateTable('polls').set({ held_by: holder.operationId }).where('id', '=', ids[1]!).execute();
    const before = await db.selectFrom('polls').selectAll().orderBy('id').execute();
    const { inbox, lease, operation } = await exported(db);
    expect(operation.state).toBe('completed');
    expect(csvOf(inbox).map((row) => Number(row.number))).toEqual(ids);
    expect(await db.selectFrom('polls').selectAll().orderBy('id').execute()).toEqual(before);
    expect(new Set(Object.values(await itemStates(db, lease.operationId)))).toEqual(
      new Set([`done: operation-${lease.operationId}-polls.csv, sent as a private reply`]),
    );
  });

  test('skips what was deleted after the preview', async () => {
    const db = await fresh();
    const [kept, gone] = await postedPolls(db, 2);
    const lease = await begin(db);
    await db.updateTable('polls').set({ deleted_at: later }).where('id', '=', gone!).execute();
    const inbox = new Inbox();
    await runOperation(depsWith(db, inbox), lease, never);
    expect(csvOf(inbox).map((row) => Number(row.number))).toEqual([kept]);
    expect((await itemStates(db, lease.operationId))[gone!]).toBe('skipped: deleted meanwhile');
  });

  test('compresses and splits what Discord would not take whole', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 60);
    const whole = (await exported(db, { format: 'json' })).inbox;
    const plain = whole.files[0]!.data.length;
    const zipped = await exported(db, { format: 'json' }, { largestFile: plain - 1 });
    expect(zipped.inbox.files.map((file) => file.name)).toEqual([
      `operation-${zipped.operation.id}-polls.json.gz`,
    ]);
    expect(jsonOf(zipped.inbox).map((row) => row.number)).toEqual(ids);

    for (const format of ['json', 'csv']) {
      const { inbox, operation, lease } = await exported(db, { format }, { largestFile: 1200 });
      expect(operation.state).toBe('completed');
      expect(inbox.files.length).toBeGreaterThan(2);
      expect(inbox.files.every((file) => file.data.length <= 1200)).toBe(true);
      const base = `operation-${operation.id}-polls`;
      expect(inbox.files.map((file) => file.name.replace(/\.gz$/, '')).slice(0, 3)).toEqual([
        `${base}.${format}`,
        `${base}-2.${format}`,
        `${base}-3.${format}`,
      ]);
      const numbers =
        format === 'json'
          ? jsonOf(inbox).map((row) => row.number)
          : csvOf(inbox).map((row) => Number(row.number));
      expect(numbers).toEqual(ids);
      const rows = await readProgress(db, lease.operationId, later);
      expect(rows.files.reduce((sum, file) => sum + file.count, 0)).toBe(60);
    }
  });

  test('notes each file in the audit, and cannot be undone', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const { operation, inbox } = await exported(db);
    const [entry] = await db.selectFrom('audit').selectAll().where('event', '=', 'file sent').execute();
    expect(entry).toMatchObject({
      operation_id: operation.id,
      details: {
        name: inbox.files[0]!.name,
        bytes: inbox.files[0]!.data.length,
        sent: 'as a private reply',
        to: adminId,
        polls: 2,
      },
    });
    await expect(planUndo(db, operation, asking(), { processId: processName, now: later })).rejects.toThrow(
      'nothing to undo',
    );
    expect((await readProgress(db, operation.id, later)).undoable).toBe(false);
  });

  test('is previewed like the others, but waits for no confirmation delay', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const draft = await operationOf(db, await plan(db, { kind, params: kind.bind({}).params, filter: {} }));
    expect(draft.total).toBe(2);
    expect(await confirmDraft(db, draft, actor(), { processId: processName, now: later })).not.toBeNull();
    expect(() => kind.bind({ format: 'xml' })).toThrow(/`format` is `csv` or `json`/);
  });
});
