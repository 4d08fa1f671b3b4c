import { expect, test } from 'vitest';
import {
  assertConfirmable,
  confirmDraft,
  discardDraft,
  usableDraft,
} from '../../../src/bulk/plan/confirm.ts';
import { planOperation } from '../../../src/bulk/plan/plan.ts';
import { oneServer } from '../../../src/polls/scope.ts';
import { minutes, now, postedPoll, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import {
  actor,
  adminId,
  interactionId,
  itemStates,
  later,
  operationOf,
  plan,
  planRequest,
  postedPolls,
  processName,
} from '../bulk-fixture.ts';

describeEachDatabase('a plan', (fresh) => {
  test('is frozen with what it changes and what it skips, and why', async () => {
    const db = await fresh();
    const [a, b, c] = await postedPolls(db, 3);
    await db.updateTable('polls').set({ status: 'closed' }).where('id', '=', b!).execute();
    const id = await plan(db, { filter: { ids: [a!, b!, c!, 999] } });
    expect(await itemStates(db, id)).toEqual({
      [a!]: 'planned',
      [b!]: 'excluded: already closed',
      [c!]: 'planned',
      999: 'missing: not found',
    });
    expect((await operationOf(db, id)).total).toBe(2);
  });

  test('of the same interaction is made once', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const request = planRequest();
    const limits = { maxPolls: 10, confirmDelayMs: 0 };
    const first = await planOperation(db, request, limits, { processId: processName, now });
    expect(await planOperation(db, request, limits, { processId: processName, now })).toBe(first);
  });

  test('over the limit is refused with the numbers', async () => {
    const db = await fresh();
    await postedPolls(db, 3);
    const limits = { maxPolls: 2, confirmDelayMs: 0 };
    await expect(planOperation(db, planRequest(), limits, { processId: processName, now })).rejects.toThrow(
      /^3 polls match.*at most 2/,
    );
  });

  test('never holds a poll of another server for a server admin', async () => {
    const db = await fresh();
    const [own] = await postedPolls(db, 1);
    const foreign = await postedPoll(db, interactionId(), { serverId: '900000000000000002' });
    const id = await plan(db, { scope: oneServer(serverId), filter: { ids: [own!, foreign.id] } });
    expect(await itemStates(db, id)).toEqual({ [own!]: 'planned', [foreign.id]: 'missing: not found' });
    await expect(plan(db, { scope: oneServer(serverId), filter: { ids: [foreign.id] } })).rejects.toThrow(
      `#${foreign.id} not found`,
    );
  });

  test('filters by text without regard to case or wildcards', async () => {
    const db = await fresh();
    const percent = await postedPoll(db, interactionId(), { question: '100% Sure?' });
    await postedPoll(db, interactionId(), { question: '1000 sure' });
    const id = await plan(db, { filter: { text: '0% sURE' } });
    expect(await itemStates(db, id)).toEqual({ [percent.id]: 'planned' });
  });
});

describeEachDatabase('a confirmation', (fresh) => {
  test('works once: a second press starts nothing', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const draft = await operationOf(db, await plan(db));
    expect(await confirmDraft(db, draft, actor(), { processId: processName, now: later })).toMatchObject({
      state: 'queued',
    });
    expect(await confirmDraft(db, draft, actor(), { processId: processName, now: later })).toBeNull();
    await expect(usableDraft(db, draft.id, actor(), later)).rejects.toThrow(
      `already used: it started Operation #${draft.id}`,
    );
  });

  test('by the very interaction that confirmed is left to whoever did', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const draft = await operationOf(db, await plan(db));
    const press = actor();
    await confirmDraft(db, draft, press, { processId: processName, now: later });
    expect(await usableDraft(db, draft.id, press, later)).toBeNull();
  });

  test('is refused before the delay, after ten minutes, to others, and after a cancel', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const draft = await operationOf(db, await plan(db));
    expect(() => assertConfirmable(draft, now)).toThrow(/works in 5 s/);
    expect(await confirmDraft(db, draft, actor(), { processId: processName, now })).toBeNull();
    await expect(usableDraft(db, draft.id, actor(), minutes(11))).rejects.toThrow(/expired/);
    expect(await confirmDraft(db, draft, actor(), { processId: processName, now: minutes(11) })).toBeNull();
    await expect(usableDraft(db, draft.id, actor({ userId: '900000000000000501' }), later)).rejects.toThrow(
      /somebody else/,
    );
    await expect(usableDraft(db, draft.id, actor({ userId: adminId, scope: null }), later)).rejects.toThrow(
      /somebody else/,
    );
    await discardDraft(db, draft.id, actor(), { processId: processName, now: later });
    await expect(usableDraft(db, draft.id, actor(), later)).rejects.toThrow(/cancelled/);
    expect(await confirmDraft(db, draft, actor(), { processId: processName, now: later })).toBeNull();
  });
});
