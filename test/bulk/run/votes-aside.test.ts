import { expect, test } from 'vitest';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { cancelOperation } from '../../../src/bulk/lifecycle/control.ts';
import { putBack } from '../../../src/bulk/run/put-back.ts';
import { movableAtOnce } from '../../../src/bulk/run/votes-aside.ts';
import type { Db } from '../../../src/db/schema.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { now } from '../../polls/poll-fixture.ts';
import { choices } from '../../polls/votes/vote-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { dyingAtTheSecond, recorded } from '../../support/statements.ts';
import { applyPlanned } from '../apply-planned.ts';
import { later, operationOf, postedPolls, processName, running } from '../bulk-fixture.ts';

const reopen = operationKind('reopen');
const resetting = {
  kind: reopen,
  params: { reset_votes: true, asked_at: now.toISOString() },
  filter: { status: 'closed' },
  targets: { status: 'closed' },
} as const;

describeEachDatabase('votes that an operation moves', (fresh) => {
  test('are moved so many at once, and those of one poll together', async () => {
    const { db, statements } = recorded(await fresh());
    const ids = await closedPolls(db, [3, 3, 9, 0, 0, 1]);
    const resets = await operationOf(db, (await running(db, resetting)).operationId);
    const movable = (from: number) =>
      inTransaction(db, (trx) => movableAtOnce(trx, resets, ids.slice(from), 7));
    expect(await movable(0)).toEqual(ids.slice(0, 2));
    expect(await movable(1)).toEqual(ids.slice(1, 2));
    expect(await movable(2)).toEqual(ids.slice(2, 3));
    expect(await movable(3)).toEqual(ids.slice(3));

    // What moves none does not count them.
    await db.updateTable('polls').set({ status: 'active' }).execute();
    const closes = await operationOf(db, (await running(db)).operationId);
    const before = statements.length;
    expect(await inTransaction(db, (trx) => movableAtOnce(trx, closes, ids, 7))).toEqual(ids);
    expect(statements.length).toBe(before);
  });

  test('come back in chunks when it is cancelled, also after a crash between two of them', async () => {
    const db = await fresh();
    const ids = await closedPolls(db, [1, 2, 3, 0, 2]);
    const lease = await running(db, resetting);
    await applyPlanned(db, lease, { chunkSize: 2 });
    expect(await db.selectFrom('votes').selectAll().execute()).toEqual([]);
    await cancelOperation(db, lease.operationId, { userId: null, processId: processName }, later);
    const crash = new Error('crash');
    const dies = dyingAtTheSecond(db, 'order by id for update', crash);
    await expect(putBack(dies, lease, later, 2)).rejects.toThrow(crash);
    await putBack(db, lease, later, 2);
    for (const [index, id] of ids.entries()) {
      expect(Object.keys(await choices(db, { id }))).toHaveLength([1, 2, 3, 0, 2][index]!);
    }
    expect(await db.selectFrom('polls').select('held_by').distinct().execute()).toEqual([{ held_by: null }]);
    expect(await db.selectFrom('operation_items').select('state').distinct().execute()).toEqual([
      { state: 'skipped' },
    ]);
  });
});

/** Closed polls with so many votes each. */
async function closedPolls(db: Db, votes: readonly number[]): Promise<number[]> {
  const ids = await postedPolls(db, votes.length);
  await db.updateTable('polls').set({ status: 'closed', closed_at: now }).execute();
  const rows = votes.flatMap((count, index) =>
    Array.from({ length: count }, (_, n) => ({
      poll_id: ids[index]!,
      position: n % 3,
      user_id: `user ${n}`,
      created_at: now,
    })),
  );
  await db.insertInto('votes').values(rows).execute();
  return ids;
}
