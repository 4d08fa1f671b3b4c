import { expect, test } from 'vitest';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { confirmDraft, phraseOf, usableDraft } from '../../../src/bulk/plan/confirm.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { renderPreview } from '../../../src/bulk/preview/preview-embed.ts';
import { readPreview } from '../../../src/bulk/preview/preview-store.ts';
import type { Db } from '../../../src/db/schema.ts';
import { closeDue } from '../../../src/polls/due-store.ts';
import { minutes } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import {
  actor,
  adminId,
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
import { finish } from '../steps.ts';

/** Runs it to its end as if Discord took every edit. */
async function run(db: Db, lease: Lease) {
  return await finish(db, await applyPlanned(db, lease));
}

async function previewText(db: Db, draft: number): Promise<string> {
  const deps = { names: { server: () => null, channel: () => null }, access: () => 'ok' as const };
  const limits = { timeoutMs: 1_800_000, deletedRetentionDays: 30 };
  return JSON.stringify(renderPreview(await readPreview(db, draft, 0), { ...deps, ...limits }, later));
}

describeEachDatabase('an undo', (fresh) => {
  test('leaves rows identical to those before', async () => {
    const db = await fresh();
    await postedPolls(db, 3);
    const before = await dump(db);
    const closed = await run(db, await running(db));
    expect(await dump(db)).not.toEqual(before);
    const draft = await operationOf(
      db,
      await planUndo(db, closed, asking(), { processId: processName, now: later }),
    );
    const undo = (await confirmDraft(db, draft, actor(), { processId: processName, now: later }))!;
    const result = await run(db, await start(db, undo));
    expect(result.state).toBe('completed');
    expect(await dump(db)).toEqual(before);
  });

  test('leaves alone what somebody changed since, as a conflict', async () => {
    const db = await fresh();
    const [a, b] = (await postedPolls(db, 2)) as [number, number];
    const closed = await run(db, await running(db));
    await db.updateTable('polls').set({ timezone: 'Europe/Berlin' }).where('id', '=', a).execute();
    const id = await planUndo(db, closed, asking(), { processId: processName, now: later });
    expect(await itemStates(db, id)).toEqual({
      [a]: `excluded: conflict: changed since Operation #${closed.id}`,
      [b]: 'planned',
    });
  });

  test.each(['active', 'scheduled'] as const)(
    'keeps a poll closed that was %s and whose closing time has passed meanwhile',
    async (status) => {
      const db = await fresh();
      const [id] = (await postedPolls(db, 1)) as [number];
      await db
        .updateTable('polls')
        .set({ status, closes_at: minutes(10) })
        .where('id', '=', id)
        .execute();
      const closed = await run(db, await running(db, { filter: { ids: [id] } }));
      const draft = await planUndo(db, closed, asking(), { processId: processName, now: minutes(11) });
      expect((await itemStates(db, draft))[id]).toMatch(/^excluded: its closing time has passed/);
    },
  );

  test('waits and asks for a phrase as a close does, where it closes polls', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const closed = await run(db, await running(db));
    const opening = await operationOf(
      db,
      await planUndo(db, closed, asking(), { processId: processName, now: later, confirmDelayMs: 5_000 }),
    );
    expect(opening).toMatchObject({ params: {}, confirmable_at: later });
    const kind = operationKind('reopen');
    const filter = { status: 'closed' } as const;
    const reopened = await run(db, await running(db, { kind, params: readParams(kind, {}, later), filter }));
    const closing = await operationOf(
      db,
      await planUndo(db, reopened, asking(), { processId: processName, now: later, confirmDelayMs: 5_000 }),
    );
    expect(closing.params).toEqual({ polls_closed: 2 });
    expect(closing.confirmable_at).toEqual(new Date(later.getTime() + 5_000));
    expect(phraseOf(closing)).toBeNull();
    expect(phraseOf({ ...closing, params: { polls_closed: 101 }, total: 150 })).toBe('UNDO 150');
    expect(await previewText(db, closing.id)).toContain('polls closed again: 2');
  });

  test('leaves alone what votes since its preview forbid', async () => {
    const db = await fresh();
    const [secret, several] = (await postedPolls(db, 2)) as [number, number];
    await db.updateTable('polls').set({ anonymous: true }).where('id', '=', several).execute();
    const kind = operationKind('settings');
    const params = readParams(kind, { anonymous: true, max_choices: 2 }, later);
    const changed = await run(db, await running(db, { kind, params }));
    const draft = await operationOf(
      db,
      await planUndo(db, changed, asking(), { processId: processName, now: later }),
    );
    expect(draft.total).toBe(2);
    const vote = { user_id: adminId, created_at: later };
    await db
      .insertInto('votes')
      .values([0, 1].map((position) => ({ ...vote, position, poll_id: several })))
      .execute();
    await db
      .insertInto('votes')
      .values({ ...vote, position: 0, poll_id: secret })
      .execute();
    const undo = (await confirmDraft(db, draft, actor(), { processId: processName, now: later }))!;
    await run(db, await start(db, undo));
    expect(await itemStates(db, undo.id)).toEqual({
      [secret]: 'skipped: it has votes that were promised to be anonymous',
      [several]: 'skipped: a voter has already chosen 2 options',
    });
  });

  test('brings a deleted poll back though its closing time has passed meanwhile: the scheduler closes it', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    await db
      .updateTable('polls')
      .set({ closes_at: minutes(10) })
      .where('id', '=', id)
      .execute();
    const before = await dump(db);
    const removed = await run(db, await running(db, { kind: operationKind('delete'), params: {} }));
    const draft = await operationOf(
      db,
      await planUndo(db, removed, asking(), { processId: processName, now: minutes(11) }),
    );
    expect(await itemStates(db, draft.id)).toEqual({ [id]: 'planned' });
    const undo = (await confirmDraft(db, draft, actor(), { processId: processName, now: minutes(12) }))!;
    await run(db, await start(db, undo));
    expect(await dump(db)).toEqual(before);
    const [due] = await closeDue(db, minutes(13));
    expect(due?.pollId).toBe(id);
  });

  test('leaves out a deleted poll whose row is gone, and brings back the others', async () => {
    const db = await fresh();
    const [old, young] = (await postedPolls(db, 2)) as [number, number];
    const removed = await run(db, await running(db, { kind: operationKind('delete'), params: {} }));
    const aside = { operation_id: removed.id, poll_id: old, position: 0, user_id: 'u', created_at: later };
    await db.insertInto('votes_aside').values(aside).execute();
    await db.deleteFrom('polls').where('id', '=', old).execute();
    expect(await db.selectFrom('votes_aside').selectAll().execute()).toEqual([]);
    const draft = await planUndo(db, removed, asking(), { processId: processName, now: later });
    expect(await itemStates(db, draft)).toEqual({
      [old]: 'excluded: removed for good meanwhile',
      [young]: 'planned',
    });
  });

  test('of a private operation says where its result will be, where that takes longer than a private message lives', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const closed = await run(db, await running(db));
    const draft = await planUndo(
      db,
      closed,
      { ...asking(), private: true },
      { processId: processName, now: later },
    );
    const text = async (estimate_ms: number) => {
      await db.updateTable('operations').set({ estimate_ms }).where('id', '=', draft).execute();
      return await previewText(db, draft);
    };
    expect(await text(599_000)).not.toContain('by direct message');
    expect(await text(600_000)).toContain('the result then comes by direct message');
  });

  test('of two previews that are confirmed at the same moment starts once', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const closed = await run(db, await running(db));
    const drafts = await Promise.all(
      [1, 2].map(
        async () =>
          await operationOf(db, await planUndo(db, closed, asking(), { processId: processName, now: later })),
      ),
    );
    const confirmed = await Promise.allSettled(
      drafts.map((draft) => confirmDraft(db, draft, actor(), { processId: processName, now: later })),
    );
    expect(confirmed.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refusal = confirmed.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(String(refusal.reason)).toMatch(/was already undone by Operation #/);
  });

  test('is possible once, within 24 hours, and never of an undo', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const closed = await run(db, await running(db));
    await expect(
      planUndo(db, closed, asking(), { processId: processName, now: minutes(25 * 60) }),
    ).rejects.toThrow(/24 hours/);
    const draft = await operationOf(
      db,
      await planUndo(db, closed, asking(), { processId: processName, now: later }),
    );
    const second = await planUndo(db, closed, asking(), { processId: processName, now: later });
    const undo = (await confirmDraft(db, draft, actor(), { processId: processName, now: later }))!;
    await expect(usableDraft(db, second, actor(), later)).rejects.toThrow(/already undone/);
    await expect(planUndo(db, closed, asking(), { processId: processName, now: later })).rejects.toThrow(
      `already undone by Operation #${undo.id}`,
    );
    const undone = await run(db, await start(db, undo));
    await expect(planUndo(db, undone, asking(), { processId: processName, now: later })).rejects.toThrow(
      /cannot be undone/,
    );
  });
});
