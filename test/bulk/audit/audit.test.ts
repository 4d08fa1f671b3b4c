import { expect, test } from 'vitest';
import { verifyChain } from '../../../src/bulk/audit/audit-chain.ts';
import { mayReadAudit, readAudit } from '../../../src/bulk/audit/audit-record.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import { finishOperation } from '../../../src/bulk/run/finish-operation.ts';
import type { Db } from '../../../src/db/schema.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { channelId, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import {
  actor,
  adminId,
  interactionId,
  later,
  operationOf,
  postedPolls,
  processName,
  running,
} from '../bulk-fixture.ts';
import { finish } from '../steps.ts';

async function entries(db: Db, operationId: number, event: string) {
  return await db
    .selectFrom('audit')
    .select(['actor_id', 'process', 'details'])
    .where('operation_id', '=', operationId)
    .where('event', '=', event)
    .orderBy('id')
    .execute();
}

const press = { interactionId: '950000000000000077', serverId, channelId };

describeEachDatabase('the audit trail', (fresh) => {
  test('keeps who asked, from where, for what and on which polls, beyond the operation itself', async () => {
    const db = await fresh();
    const polls = await postedPolls(db, 3);
    const { operationId } = await running(db, { reason: 'over', targets: { status: 'active' } });
    const operation = await operationOf(db, operationId);
    const [previewed] = await entries(db, operationId, 'previewed');
    expect(previewed).toMatchObject({
      actor_id: adminId,
      details: { kind: 'close', interaction: operation.interaction_id, matched: 3, toChange: 3 },
    });
    const [confirmed] = await entries(db, operationId, 'confirmed');
    expect(confirmed).toEqual({
      actor_id: adminId,
      process: processName,
      details: {
        kind: 'close',
        params: { notify: false },
        targets: { status: 'active' },
        reason: 'over',
        private: false,
        scope: null,
        server: serverId,
        channel: channelId,
        locale: 'en-US',
        command: operation.interaction_id,
        interaction: operation.confirmed_interaction_id,
        total: 3,
        polls,
        servers: [serverId],
      },
    });
  });

  test('keeps who paused, resumed and cancelled it, with which press', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId } = await running(db);
    const by = { userId: '900000000000000777', processId: 'other', from: press };
    await pauseOperation(db, operationId, by, later);
    await resumeOperation(db, operationId, by, later);
    await cancelOperation(db, operationId, { userId: null, processId: 'p', reason: 'a day is over' }, later);
    const from = { interaction: press.interactionId, server: serverId, channel: channelId };
    const whoever = { actor_id: '900000000000000777', process: 'other' };
    expect(await entries(db, operationId, 'paused')).toEqual([
      { ...whoever, details: { was: 'running', ...from } },
    ]);
    expect(await entries(db, operationId, 'resumed')).toEqual([
      { ...whoever, details: { was: 'paused', ...from } },
    ]);
    expect(await entries(db, operationId, 'cancel requested')).toEqual([
      { actor_id: null, process: 'p', details: { was: 'resumed', why: 'a day is over' } },
    ]);
  });

  test('keeps which process took it over from which', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId } = await running(db);
    await db.updateTable('operations').set({ lease_until: null }).execute();
    expect(await takeOver(db, 'survivor', later)).toMatchObject([{ operationId, fence: 2 }]);
    expect(await takeOver(db, 'third', later)).toEqual([]);
    expect(await entries(db, operationId, 'taken over')).toEqual([
      {
        actor_id: null,
        process: 'survivor',
        details: { fence: 2, was: 'running', previousOwner: processName },
      },
    ]);
  });

  test('keeps what became of each poll, and of what a retry is one', async () => {
    const db = await fresh();
    const [a, b] = (await postedPolls(db, 2)) as [number, number];
    const lease = await applyPlanned(db, await running(db));
    const finished = await finish(db, lease, [b]);
    expect((await entries(db, finished.id, 'finished'))[0]!.details).toEqual({
      result: 'completed with failures',
      done: 1,
      failed: 1,
      skipped: 0,
      outcomes: [
        { state: 'done', code: null, message: null, polls: [a] },
        { state: 'failed', code: '50001', message: 'no access', polls: [b] },
      ],
    });
    const request = { actor: actor({ interactionId: interactionId() }), serverId, channelId, locale: 'de' };
    const retry = (await startRetry(db, finished, { ...request, processId: processName }, later))!;
    expect((await entries(db, retry.id, 'confirmed'))[0]!.details).toMatchObject({
      retryOf: finished.id,
      interaction: request.actor.interactionId,
      locale: 'de',
      polls: [b],
    });
  });

  test('is still told, to the same people, when the operation and its polls are purged', async () => {
    const db = await fresh();
    const polls = await postedPolls(db, 2);
    const lease = await running(db);
    await finishOperation(db, lease, { from: ['running'], result: 'cancelled' }, later);
    await db.deleteFrom('operations').execute();
    await db.deleteFrom('polls').execute();
    const record = (await readAudit(db, lease.operationId))!;
    expect(record.facts).toMatchObject({ kind: 'close', polls, server: serverId });
    expect(record.entries.at(-1)!.details).toMatchObject({ result: 'cancelled' });
    expect(mayReadAudit(record, everyServer)).toBe(true);
    expect(mayReadAudit(record, oneServer(serverId))).toBe(true);
    expect(mayReadAudit(record, oneServer('900000000000000002'))).toBe(false);
    expect((await verifyChain(db)).broken).toBeNull();
  });
});
