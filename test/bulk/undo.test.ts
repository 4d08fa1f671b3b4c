import { expect, test } from 'vitest';
import { applyPlanned } from '../../src/bulk/apply.ts';
import { confirmDraft } from '../../src/bulk/confirm.ts';
import type { Hold } from '../../src/bulk/fence.ts';
import { operationKind } from '../../src/bulk/operations/operation-kinds.ts';
import { planUndo } from '../../src/bulk/plan-undo.ts';
import { finishOperation, settleItems } from '../../src/bulk/settle.ts';
import type { Db } from '../../src/db/schema.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { channelId, guildId, minutes } from '../polls/poll-fixture.ts';
import { describeEachDatabase } from '../support/databases.ts';
import {
  actor,
  adminId,
  interactionId,
  itemStates,
  later,
  operationOf,
  postedPolls,
  processName,
  running,
  start,
} from './bulk-fixture.ts';

const done = { state: 'done', code: null, message: null, attempts: 1, remark: null } as const;

/** Runs it to its end as if Discord took every edit. */
async function run(db: Db, hold: Hold) {
  const kind = operationKind((await operationOf(db, hold.operationId)).kind);
  await applyPlanned(
    db,
    hold,
    kind,
    () => later,
    () => true,
  );
  const items = await db
    .selectFrom('operation_items')
    .select('poll_id')
    .where('operation_id', '=', hold.operationId)
    .where('state', '=', 'applied')
    .execute();
  await settleItems(
    db,
    hold,
    items.map((item) => item.poll_id),
    done,
    later,
  );
  return (await finishOperation(db, hold, ['running'], null, later))!;
}

function asking() {
  return {
    scope: everyServer,
    adminId,
    guildId,
    channelId,
    interactionId: interactionId(),
    token: 'token',
    locale: 'en-US',
    reason: null,
    private: false,
  };
}

/** Everything of the polls but what counts changes and deliveries. */
async function dump(db: Db) {
  const polls = await db.selectFrom('polls').selectAll().orderBy('id').execute();
  const votes = await db
    .selectFrom('votes')
    .selectAll()
    .orderBy('poll_id')
    .orderBy('user_id')
    .orderBy('position')
    .execute();
  return {
    votes,
    polls: polls.map(({ version, revision, shown_revision, sent_revision, message_id, ...kept }) => kept),
  };
}

describeEachDatabase('an undo', (fresh) => {
  test('leaves rows identical to those before', async () => {
    const db = await fresh();
    await postedPolls(db, 3);
    const before = await dump(db);
    const closed = await run(db, await running(db));
    expect(await dump(db)).not.toEqual(before);
    const draft = await operationOf(db, await planUndo(db, closed, asking(), processName, later));
    const undo = (await confirmDraft(db, draft, actor(), processName, later))!;
    const result = await run(db, await start(db, undo));
    expect(result.state).toBe('completed');
    expect(await dump(db)).toEqual(before);
  });

  test('leaves alone what somebody changed since, as a conflict', async () => {
    const db = await fresh();
    const [a, b] = (await postedPolls(db, 2)) as [number, number];
    const closed = await run(db, await running(db));
    await db
      .updateTable('polls')
      .set({ version: 3, timezone: 'Europe/Berlin' })
      .where('id', '=', a)
      .execute();
    const id = await planUndo(db, closed, asking(), processName, later);
    expect(await itemStates(db, id)).toEqual({
      [a]: `excluded: conflict: changed since Operation #${closed.id}`,
      [b]: 'planned',
    });
  });

  test('keeps a poll closed whose closing time has passed meanwhile', async () => {
    const db = await fresh();
    const [id] = (await postedPolls(db, 1)) as [number];
    await db
      .updateTable('polls')
      .set({ closes_at: minutes(10) })
      .where('id', '=', id)
      .execute();
    const closed = await run(db, await running(db));
    const draft = await planUndo(db, closed, asking(), processName, minutes(11));
    expect((await itemStates(db, draft))[id]).toMatch(/^excluded: its closing time has passed/);
  });

  test('is possible once, within 24 hours, and never of an undo', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const closed = await run(db, await running(db));
    await expect(planUndo(db, closed, asking(), processName, minutes(25 * 60))).rejects.toThrow(/24 hours/);
    const draft = await operationOf(db, await planUndo(db, closed, asking(), processName, later));
    const undo = (await confirmDraft(db, draft, actor(), processName, later))!;
    await expect(planUndo(db, closed, asking(), processName, later)).rejects.toThrow(
      `already undone by Operation #${undo.id}`,
    );
    const undone = await run(db, await start(db, undo));
    await expect(planUndo(db, undone, asking(), processName, later)).rejects.toThrow(/cannot be undone/);
  });
});
