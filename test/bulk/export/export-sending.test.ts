import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import { renderProgress } from '../../../src/bulk/progress/progress-embed.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import { runOperation } from '../../../src/bulk/run/run-operation.ts';
import { serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { adminId, later, operationOf, postedPolls, retryRequest, start } from '../bulk-fixture.ts';
import { begin, csvOf, depsWith, Inbox, names, never } from './export-scene.ts';

describeEachDatabase('export', (fresh) => {
  test('is sent to the press that confirmed it, else directly, and the result says which', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const inbox = new Inbox();
    const lease = await begin(db);
    inbox.answers.push({ type: 'refused', code: '50027', reason: 'token' });
    await runOperation(depsWith(db, inbox), lease, never);
    expect(inbox.files).toMatchObject([{ way: 'direct', to: adminId }]);
    expect(inbox.files[0]!.nonce!.length).toBeLessThanOrEqual(25);
    const rows = await readProgress(db, lease.operationId, later);
    const [embed] = renderProgress(rows, names, { serverId }, later).embeds!;
    expect(embed!.description).toContain(`operation-${lease.operationId}-polls.csv, sent by direct message`);
    expect(embed!.title).toContain('completed');

    const expired = await begin(db);
    await db
      .updateTable('operations')
      .set({ progress_token_expires_at: later })
      .where('id', '=', expired.operationId)
      .execute();
    const second = new Inbox();
    await runOperation(depsWith(db, second), expired, never);
    expect(second.files.map((file) => file.way)).toEqual(['direct']);
  });

  test('waits for the response to the press', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const inbox = new Inbox();
    const answered = Promise.withResolvers<void>();
    const lease = await begin(db);
    const run = runOperation(depsWith(db, inbox), lease, never, answered.promise);
    await operationOf(db, lease.operationId);
    expect(inbox.files).toEqual([]);
    answered.resolve();
    await run;
    expect(inbox.files).toHaveLength(1);
  });

  test('fails where Discord takes the file neither way, and a retry sends it to whoever presses', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 2);
    const inbox = new Inbox();
    const lease = await begin(db);
    inbox.answers.push(
      { type: 'refused', code: '50027', reason: 'token' },
      { type: 'refused', code: '50007', reason: 'Discord refused: Cannot send messages to this user' },
    );
    const ended = await runOperation(depsWith(db, inbox), lease, never);
    expect(ended!.operation.state).toBe('completed with failures');
    const rows = await readProgress(db, lease.operationId, later);
    const [embed] = renderProgress(rows, names, { serverId }, later).embeds!;
    expect(embed!.description).toMatch(/the file could not be sent: .*Cannot send messages.* \(50007\)/);
    expect(embed!.description).toContain('`Retry failed` writes the missing file');

    const request = retryRequest({ token: 'fresh-token' });
    const retry = await startRetry(db, ended!.operation, request, later);
    const second = await runOperation(depsWith(db, inbox), await start(db, retry!), never);
    expect(second!.operation.state).toBe('completed');
    expect(inbox.files).toMatchObject([{ way: 'follow-up', to: 'fresh-token' }]);
    expect(csvOf(inbox).map((row) => Number(row.number))).toEqual(ids);
  });

  test('waits out what passes', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const inbox = new Inbox();
    inbox.answers.push(
      { type: 'retry', afterMs: 1, reason: 'Discord answered 503' },
      { type: 'retry', afterMs: 1, reason: 'Discord answered 503' },
    );
    const slept: number[] = [];
    const brief: Clock = {
      ...systemClock,
      now: () => later,
      // The time limit never comes; pauses pass at once.
      sleep: (ms) => (ms > 20_000 ? new Promise(() => {}) : Promise.resolve(void slept.push(ms))),
    };
    const lease = await begin(db);
    const ended = await runOperation(depsWith(db, inbox, { clock: brief }), lease, never);
    expect(ended!.operation.state).toBe('completed');
    expect(slept).toEqual([500, 1000]);
    expect(inbox.files).toHaveLength(1);
  });

  test('aborts where Discord refuses the token of the bot', async () => {
    const db = await fresh();
    await postedPolls(db, 2);
    const lease = await begin(db);
    const inbox = new Inbox();
    inbox.answers.push(
      { type: 'refused', code: '50027', reason: 'token' },
      { type: 'refused', code: '401', reason: 'Discord refuses the token of the bot' },
    );
    const ended = await runOperation(depsWith(db, inbox), lease, never);
    expect(ended!.abort).toContain('refuses the token');
    expect(ended!.operation.state).toBe('failed');
  });
});
