import { expect, test } from 'vitest';
import { cancelOperation } from '../../../src/bulk/lifecycle/control.ts';
import { finishOperation } from '../../../src/bulk/run/finish-operation.ts';
import { putBack } from '../../../src/bulk/run/put-back.ts';
import { settleItems } from '../../../src/bulk/run/settle.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import { done, itemStates, later, postedPolls, processName, refused, running } from '../bulk-fixture.ts';
import { pollRow, showNewest } from '../poll-rows.ts';

const by = { userId: null, processId: processName };

describeEachDatabase('a cancel', (fresh) => {
  test('puts back what no message shows, failed ones included, and leaves done ones closed', async () => {
    const db = await fresh();
    const [shown, waiting, failed, unknown] = (await postedPolls(db, 4)) as [number, number, number, number];
    const before = await pollRow(db, waiting);
    const lease = await running(db);
    await applyPlanned(db, lease);
    await showNewest(db, shown);
    await settleItems(db, lease, { ...done, pollIds: [shown] }, later);
    await settleItems(db, lease, { ...refused, pollIds: [failed] }, later);
    await db.updateTable('polls').set({ sent_revision: 2 }).where('id', '=', unknown).execute();
    await cancelOperation(db, lease.operationId, by, later);
    await putBack(db, lease, later);
    await finishOperation(db, lease, { from: ['cancelling'], result: 'cancelled' }, later);

    expect((await pollRow(db, shown)).status).toBe('closed');
    expect(await pollRow(db, waiting)).toEqual({
      ...before,
      version: 3,
      revision: 3,
      shown_revision: 3,
      sent_revision: 3,
    });
    expect((await pollRow(db, failed)).status).toBe('active');
    // Its message may show the closed poll: it is edited again.
    const again = await pollRow(db, unknown);
    expect(again.status).toBe('active');
    expect(again.shown_revision).toBeLessThan(again.revision);
    expect(await itemStates(db, lease.operationId)).toEqual({
      [shown]: 'done',
      [waiting]: 'skipped: cancelled, put back',
      [failed]: 'skipped: cancelled, put back',
      [unknown]: 'skipped: cancelled, put back',
    });
    expect(
      (await db.selectFrom('polls').select('id').where('held_by', 'is not', null).execute()).length,
    ).toBe(0);
  });

  test('does not touch a poll that somebody changed after it had failed', async () => {
    const db = await fresh();
    const [id] = await postedPolls(db, 1);
    const lease = await running(db);
    await applyPlanned(db, lease);
    await settleItems(db, lease, { ...refused, pollIds: [id!] }, later);
    await db.updateTable('polls').set({ status: 'scheduled', version: 3 }).where('id', '=', id!).execute();
    await cancelOperation(db, lease.operationId, by, later);
    await putBack(db, lease, later);
    expect((await pollRow(db, id!)).status).toBe('scheduled');
    expect(await itemStates(db, lease.operationId)).toEqual({
      [id!]: 'skipped: cancelled; changed meanwhile, so left as it is',
    });
  });
});
