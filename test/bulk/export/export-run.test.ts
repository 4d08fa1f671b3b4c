import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import { runOperation } from '../../../src/bulk/run/run-operation.ts';
import type { Sent } from '../../../src/delivery/messages/messages.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { adminId, later, postedPolls, processName } from '../bulk-fixture.ts';
import { begin, countsOf, depsWith, Inbox, jsonOf, never, until } from './export-scene.ts';

describeEachDatabase('export', (fresh) => {
  test('goes on after a crash with what no sent file holds', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 60);
    const lease = await begin(db, { format: 'json' });
    const inbox = new Inbox();
    const crash = () => Promise.reject(new Error('killed'));
    inbox.answers.push(() => Promise.resolve(), crash);
    const deps = depsWith(db, inbox, { largestFile: 1200 });
    await expect(runOperation(deps, lease, never)).rejects.toThrow('killed');
    const before = inbox.files.length;
    expect(before).toBe(1);
    const ended = await runOperation(deps, lease, never);
    expect(ended!.operation.state).toBe('completed');
    expect(jsonOf(inbox).map((row) => row.number)).toEqual(ids);
    expect(new Set(inbox.files.map((file) => file.name)).size).toBe(inbox.files.length);
  });

  test('is repeated, not lost, when the crash comes between the answer and its record', async () => {
    const db = await fresh();
    await postedPolls(db, 3);
    const lease = await begin(db);
    const inbox = new Inbox();
    const [other] = [{ ...lease, fence: lease.fence + 1 }];
    inbox.answers.push(async () => {
      await db
        .updateTable('operations')
        .set({ fence: other.fence })
        .where('id', '=', lease.operationId)
        .execute();
    });
    await expect(runOperation(depsWith(db, inbox), lease, never)).rejects.toThrow(
      'belongs to another process',
    );
    expect(inbox.files).toHaveLength(1);
    await runOperation(depsWith(db, inbox), other, never);
    expect(inbox.files).toHaveLength(2);
    expect(inbox.files[0]!.data.equals(inbox.files[1]!.data)).toBe(true);
  });

  test('stops at a pause and goes on after it; cancelled, it sends nothing more', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 60);
    const lease = await begin(db, { format: 'json' });
    const inbox = new Inbox();
    const by = { userId: adminId, processId: processName };
    const listening: (() => void)[] = [];
    const interruptions = {
      stopping: new AbortController().signal,
      otherThan: () => new Promise<void>((resolve) => listening.push(resolve)),
    };
    const wake = () => {
      for (const resolve of listening.splice(0)) resolve();
    };
    const paused = Promise.withResolvers<void>();
    inbox.answers.push(async () => {
      await pauseOperation(db, lease.operationId, by, later);
      wake();
      paused.resolve();
    });
    const deps = depsWith(db, inbox, { largestFile: 1200 });
    const run = runOperation(deps, lease, interruptions);
    await paused.promise;
    // The file in flight is recorded; it waits now for the next interruption.
    await until(() => inbox.files.length === 1 && listening.length > 0);
    expect((await countsOf(db, lease)).waiting).toBeGreaterThan(0);
    inbox.answers.push(async () => {
      await cancelOperation(db, lease.operationId, by, later);
      wake();
    });
    await resumeOperation(db, lease.operationId, by, later);
    await admitQueued(db, processName, { maxConcurrent: 1, maxPerAdmin: 1 }, later);
    wake();
    const ended = await run;
    expect(ended!.operation.state).toBe('cancelled');
    expect(inbox.files).toHaveLength(2);
    const sent = jsonOf(inbox).map((row) => row.number);
    const after = await countsOf(db, lease);
    expect(sent).toEqual(ids.slice(0, after.done));
    expect(after).toEqual({ done: sent.length, skipped: 60 - sent.length, waiting: 0, failed: 0 });
  });

  test('fails what the time limit leaves', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await begin(db);
    const inbox = new Inbox();
    const stuck: Sent = { type: 'retry', afterMs: 1000, reason: 'Discord answered 503' };
    inbox.answers.push(stuck);
    const timer: Clock = {
      ...systemClock,
      now: () => later,
      // Only the time limit passes; a pause ends when it is stopped.
      sleep: (ms, signal) =>
        ms === 60_000
          ? Promise.resolve()
          : new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    };
    const ended = await runOperation(depsWith(db, inbox, { clock: timer }), lease, never);
    expect(ended!.operation.state).toBe('timed out');
    expect(inbox.files).toEqual([]);
  });
});
