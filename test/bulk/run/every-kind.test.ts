import { expect, test } from 'vitest';
import { operationKinds } from '../../../src/bulk/kinds/operation-kinds.ts';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import type { DeliveryJob } from '../../../src/delivery/delivery-batch.ts';
import { minutes } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import { dump, itemStates, later, plan, processName, retryRequest, running, start } from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';
import { dumpOf, expectChanged, given, type Line, request, run, takenOver, undo } from './kind-runs.ts';

const roleId = '900000000000000701';

const lines: readonly Line[] = [
  {
    kind: 'close',
    options: {},
    from: { closes_at: minutes(600) },
    becomes: { status: 'closed', closes_at: minutes(600), closed_at: later },
    again: /already closed/,
  },
  {
    kind: 'delete',
    options: {},
    from: { closes_at: minutes(600) },
    becomes: { status: 'active', deleted_at: later },
    again: /not found/,
  },
  {
    kind: 'reopen',
    options: { extend_hours: 5, reset_votes: true },
    from: { status: 'closed', closes_at: minutes(-10), closed_at: minutes(-10) },
    becomes: { status: 'active', closes_at: minutes(300), closed_at: null },
    votes: 0,
    again: /already active/,
  },
  {
    kind: 'status',
    options: { to: 'scheduled', opens: '2h', closes: '2026-11-02 12:00' },
    from: { timezone: 'Europe/Berlin', opens_at: minutes(-60) },
    becomes: { status: 'scheduled', opens_at: minutes(120), closes_at: new Date('2026-11-02T11:00:00Z') },
    again: /already scheduled/,
  },
  {
    kind: 'settings',
    options: {
      timezone: 'Europe/Berlin',
      max_choices: 2,
      closes: '2026-11-02 12:00',
      ping_role: roleId,
    },
    from: { closes_at: minutes(600) },
    becomes: {
      status: 'active',
      timezone: 'Europe/Berlin',
      max_choices: 2,
      closes_at: new Date('2026-11-02T11:00:00Z'),
      ping_role_id: roleId,
    },
    again: /already has these settings/,
  },
];

test('every kind that changes polls stands in the table', () => {
  const changing = operationKinds.filter((kind) => kind.undoRefusal === null).map((kind) => kind.name);
  expect(lines.map((line) => line.kind).sort()).toEqual(changing.sort());
});

const by = { userId: null, processId: processName };

for (const line of lines) {
  describeEachDatabase(`${line.kind}, as every kind of operation,`, (fresh) => {
    test('changes what its preview planned, and would not do so again', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const lease = await running(db, request(line, ids));
      expect(await itemStates(db, lease.operationId)).toEqual(
        Object.fromEntries(ids.map((id) => [id, 'planned'])),
      );
      expect(await run(db, lease).result()).toMatchObject({ state: 'completed', total: 4 });
      await expectChanged(db, line, ids);
      const again = plan(db, request(line, ids)).then((id) => itemStates(db, id));
      const reasons = await again.then(
        (items) => Object.values(items),
        (error: Error) => [error.message],
      );
      for (const reason of reasons) expect(reason).toMatch(line.again);
    });

    test('retries exactly what failed without changing it twice, and undo takes all of it back', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const before = await dump(db);
      const deliverer = new ShowingDeliverer(db);
      deliverer.refused.add(ids[0]!).add(ids[2]!);
      const original = await run(db, await running(db, request(line, ids)), deliverer).result();
      expect(original.state).toBe('completed with failures');
      await expectChanged(db, line, ids);

      const retry = (await startRetry(db, original, retryRequest(), later))!;
      const again = new ShowingDeliverer(db);
      const ended = await run(db, await start(db, retry), again).result();
      expect(ended).toMatchObject({ state: 'completed', total: 2 });
      expect(again.shown).toEqual([ids[0], ids[2]]);
      await expectChanged(db, line, ids);

      expect((await undo(db, original, 4)).state).toBe('completed');
      expect(await dump(db)).toEqual(before);
    });

    test('cancelled in the middle puts back what no message shows, failed ones included', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const [failed, shown, ...waiting] = ids as [number, number, ...number[]];
      const before = await dumpOf(db, [failed, ...waiting]);
      const deliverer = new ShowingDeliverer(db);
      deliverer.refused.add(failed);
      const lease = await running(db, request(line, ids));
      deliverer.beforeEach = async ({ pollId }: DeliveryJob) => {
        if (pollId !== shown) return;
        await cancelOperation(db, lease.operationId, by, later);
        cancelled.wake();
      };
      const cancelled = run(db, lease, deliverer);
      const result = await cancelled.result();
      expect(result.state).toBe('cancelled');
      expect(await dumpOf(db, [failed, ...waiting])).toEqual(before);
      await expectChanged(db, line, [shown]);
      const states = await itemStates(db, lease.operationId);
      expect(states).toEqual({
        [shown]: 'done',
        ...Object.fromEntries([failed, ...waiting].map((id) => [id, 'skipped: cancelled, put back'])),
      });
      expect((await undo(db, result, 1)).state).toBe('completed');
    });

    test('touches no message while it is paused, and goes on where it was', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const lease = await running(db, request(line, ids));
      const deliverer = new ShowingDeliverer(db);
      deliverer.beforeEach = async ({ pollId }: DeliveryJob) => {
        if (pollId !== ids[1]) return;
        await pauseOperation(db, lease.operationId, by, later);
        paused.wake();
      };
      const paused = run(db, lease, deliverer);
      await deliverer.stopped;
      expect(deliverer.shown).toEqual(ids.slice(0, 2));
      await resumeOperation(db, lease.operationId, by, later);
      await admitQueued(db, processName, { maxConcurrent: 1, maxPerAdmin: 1 }, later);
      paused.wake();
      expect((await paused.result()).state).toBe('completed');
      expect(deliverer.shown).toEqual(ids);
      await expectChanged(db, line, ids);
    });

    test('goes on after a crash between two messages', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const lease = await running(db, request(line, ids));
      const deliverer = new ShowingDeliverer(db);
      deliverer.beforeEach = async ({ pollId }: DeliveryJob) => {
        if (pollId === ids[1]) crashed.crash();
      };
      const crashed = run(db, lease, deliverer);
      expect(await crashed.ended).toBeNull();
      const rest = new ShowingDeliverer(db);
      const result = await run(db, await takenOver(db), rest, 'another').result();
      expect(result).toMatchObject({ state: 'completed', owner: 'another' });
      expect([...deliverer.shown, ...rest.shown]).toEqual(ids);
      await expectChanged(db, line, ids);
    });

    test('killed in the middle of changing its polls changes each once, and can be undone', async () => {
      const db = await fresh();
      const ids = await given(db, line, 250);
      const before = await dump(db);
      const lease = await running(db, request(line, ids));
      let chunks = 0;
      await applyPlanned(db, lease, { isWanted: () => chunks++ < 1, chunkSize: 200 });
      const states = Object.values(await itemStates(db, lease.operationId));
      expect(new Set(states)).toEqual(new Set(['applied', 'planned']));
      const result = await run(db, await takenOver(db), new ShowingDeliverer(db), 'another').result();
      expect(result.state).toBe('completed');
      await expectChanged(db, line, ids);
      expect((await undo(db, result, 250)).state).toBe('completed');
      expect(await dump(db)).toEqual(before);
    });
  });
}
