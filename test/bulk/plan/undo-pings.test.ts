import { expect, test } from 'vitest';
import { cancelOperation } from '../../../src/bulk/lifecycle/control.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { putBack } from '../../../src/bulk/run/put-back.ts';
import type { Db } from '../../../src/db/schema.ts';
import { recordPinged } from '../../../src/delivery/sending/delivery-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import { later, postedPolls, processName } from '../bulk-fixture.ts';
import { begin, beginUndo, finish } from '../steps.ts';

/** One poll that has just opened and is still to ping its role. */
async function openedPoll(db: Db): Promise<number> {
  const [id] = (await postedPolls(db, 1)) as [number];
  const role = { ping_role_id: '900000000000000701', ping_pending: true };
  await db.updateTable('polls').set(role).where('id', '=', id).execute();
  return id;
}

async function undone(db: Db, lease: Lease): Promise<void> {
  await applyPlanned(db, await beginUndo(db, await finish(db, lease)));
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
      const lease = await begin(db, kind, options, [id]);
      await recordPinged(db, { pollId: id, claim: 0 });
      await undone(db, lease);
      expect(await pending(db, id)).toBe(false);
    },
  );

  test.each(whatever)(
    'and was during it (%s %j) is not pinged again when that is cancelled',
    async (kind, options) => {
      const db = await fresh();
      const id = await openedPoll(db);
      const lease = await begin(db, kind, options, [id]);
      await recordPinged(db, { pollId: id, claim: 0 });
      await cancelOperation(db, lease.operationId, { userId: 'u', processId: processName }, later);
      await putBack(db, lease, later);
      expect(await pending(db, id)).toBe(false);
    },
  );

  test.each(whatever)('and was not (%s %j) is still to be pinged after its undo', async (kind, options) => {
    const db = await fresh();
    const id = await openedPoll(db);
    await undone(db, await begin(db, kind, options, [id]));
    expect(await pending(db, id)).toBe(true);
  });
});
