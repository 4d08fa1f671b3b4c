import { expect, test } from 'vitest';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { cancelOperation } from '../../../src/bulk/lifecycle/control.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { finishOperation } from '../../../src/bulk/run/finish-operation.ts';
import { putBack } from '../../../src/bulk/run/put-back.ts';
import { settleItems } from '../../../src/bulk/run/settle.ts';
import type { Db } from '../../../src/db/schema.ts';
import { recordPinged } from '../../../src/delivery/sending/delivery-store.ts';
import { now } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import {
  actor,
  asking,
  later,
  operationOf,
  postedPolls,
  processName,
  running,
  start,
} from '../bulk-fixture.ts';
import { apply } from '../steps.ts';

/** One poll that has just opened and is still to ping its role. */
async function openedPoll(db: Db): Promise<number> {
  const [id] = (await postedPolls(db, 1)) as [number];
  const role = { ping_role_id: '900000000000000701', ping_pending: true };
  await db.updateTable('polls').set(role).where('id', '=', id).execute();
  return id;
}

async function begin(db: Db, name: string, options: Record<string, unknown>): Promise<Lease> {
  const kind = operationKind(name);
  return await apply(db, await running(db, { kind, params: readParams(kind, options, now) }));
}

async function undone(db: Db, lease: Lease, id: number): Promise<void> {
  const done = { state: 'done' as const, code: null, message: null, attempts: 1, remark: null };
  await settleItems(db, lease, { ...done, pollIds: [id] }, later);
  const ended = (await finishOperation(db, lease, { from: ['running'], result: null }, later))!;
  const draft = await operationOf(db, await planUndo(db, ended, asking(), processName, later));
  await apply(db, await start(db, (await confirmDraft(db, draft, actor(), processName, later))!));
}

async function pending(db: Db, id: number): Promise<boolean> {
  const row = await db.selectFrom('polls').select('ping_pending').where('id', '=', id).executeTakeFirst();
  return row!.ping_pending;
}

describeEachDatabase('a role that was still to be pinged before an operation', (fresh) => {
  const whatever: [string, Record<string, unknown>][] = [
    ['close', {}],
    ['delete', {}],
    ['status', { to: 'closed' }],
    ['status', { to: 'scheduled', opens: '2d' }],
    ['settings', { max_choices: 2 }],
    ['settings', { clear_ping_role: true }],
  ];

  test.each([...whatever, ['settings', { ping_role: '900000000000000702' }]] as typeof whatever)(
    'and was during it (%s %j) is not pinged again by its undo',
    async (kind, options) => {
      const db = await fresh();
      const id = await openedPoll(db);
      const lease = await begin(db, kind, options);
      await recordPinged(db, { pollId: id, claim: 0 });
      await undone(db, lease, id);
      expect(await pending(db, id)).toBe(false);
    },
  );

  test.each(whatever)(
    'and was during it (%s %j) is not pinged again when that is cancelled',
    async (kind, options) => {
      const db = await fresh();
      const id = await openedPoll(db);
      const lease = await begin(db, kind, options);
      await recordPinged(db, { pollId: id, claim: 0 });
      await cancelOperation(db, lease.operationId, { userId: 'u', processId: processName }, later);
      await putBack(db, lease, later);
      expect(await pending(db, id)).toBe(false);
    },
  );

  test.each(whatever)('and was not (%s %j) is still to be pinged after its undo', async (kind, options) => {
    const db = await fresh();
    const id = await openedPoll(db);
    await undone(db, await begin(db, kind, options), id);
    expect(await pending(db, id)).toBe(true);
  });
});
