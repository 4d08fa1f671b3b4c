import { sql } from 'kysely';
import { operationKind } from '../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../src/bulk/kinds/read-params.ts';
import { cancelOperation } from '../../src/bulk/lifecycle/control.ts';
import type { Lease } from '../../src/bulk/lifecycle/fence.ts';
import { type OperationRow, openStates } from '../../src/bulk/operation.ts';
import { confirmDraft } from '../../src/bulk/plan/confirm.ts';
import { planUndo } from '../../src/bulk/plan/plan-undo.ts';
import { startRetry } from '../../src/bulk/plan/retry.ts';
import { finishOperation, finishUnreached } from '../../src/bulk/run/finish-operation.ts';
import { putBack } from '../../src/bulk/run/put-back.ts';
import { settleItems } from '../../src/bulk/run/settle.ts';
import type { Db } from '../../src/db/schema.ts';
import { castVote } from '../../src/polls/votes/vote-store.ts';
import { channelId, now, serverId } from '../polls/poll-fixture.ts';
import { applyPlanned } from './apply-planned.ts';
import {
  actor,
  asking,
  done,
  interactionId,
  later,
  operationOf,
  processName,
  refused,
  retryRequest,
  running,
  start,
} from './bulk-fixture.ts';

/** An operation over these polls whose changes are committed and that no message shows yet. */
export async function begin(
  db: Db,
  name: string,
  options: Record<string, unknown>,
  ids: readonly number[],
): Promise<Lease> {
  const kind = operationKind(name);
  return await applyPlanned(
    db,
    await running(db, { kind, params: readParams(kind, options, now), filter: { ids } }),
  );
}

/** Ends it as if Discord took every message `but` those of these polls, which it refuses. */
export async function finish(
  db: Db,
  lease: Lease,
  but: readonly number[] = [],
  at = later,
): Promise<OperationRow> {
  const items = await db
    .selectFrom('operation_items')
    .select('poll_id')
    .where('operation_id', '=', lease.operationId)
    .where('state', '=', 'applied')
    .execute();
  const shown = items.map((item) => item.poll_id).filter((id) => !but.includes(id));
  await sql`update polls set shown_revision = revision, sent_revision = revision
    where id = any(${shown}::int[])`.execute(db);
  await settleItems(db, lease, { ...done, pollIds: shown }, later);
  await fail(db, lease, but);
  return (await finishOperation(db, lease, { from: ['running'], result: null }, at))!;
}

export async function fail(db: Db, lease: Lease, ids: readonly number[]): Promise<void> {
  await settleItems(db, lease, { ...refused, pollIds: ids }, later);
}

export async function run(
  db: Db,
  name: string,
  options: Record<string, unknown>,
  ids: readonly number[],
  but: readonly number[] = [],
): Promise<OperationRow> {
  return await finish(db, await begin(db, name, options, ids), but);
}

export async function cancel(db: Db, lease: Lease): Promise<OperationRow> {
  await cancelOperation(db, lease.operationId, { userId: null, processId: processName }, later);
  await putBack(db, lease, later);
  return (await finishOperation(db, lease, { from: ['cancelling'], result: 'cancelled' }, later))!;
}

/** The undo of an operation, planned and confirmed; applied by `apply`. */
export async function beginUndo(db: Db, original: OperationRow): Promise<Lease> {
  const draft = await operationOf(
    db,
    await planUndo(db, original, asking(), { processId: processName, now: later }),
  );
  return await start(db, (await confirmDraft(db, draft, actor(), { processId: processName, now: later }))!);
}

export async function undo(
  db: Db,
  original: OperationRow,
  but: readonly number[] = [],
): Promise<OperationRow> {
  return await finish(db, await applyPlanned(db, await beginUndo(db, original)), but);
}

/** The retry of what failed, which waits in the queue. */
export async function queueRetry(db: Db, original: OperationRow): Promise<OperationRow> {
  return (await startRetry(db, original, retryRequest(), later))!;
}

/** The retry of what failed, begun and applied. */
export async function beginRetry(db: Db, original: OperationRow): Promise<Lease> {
  return await applyPlanned(db, await start(db, await queueRetry(db, original)));
}

/** Ends it as a whole: what is still open fails. */
export async function abort(db: Db, lease: Lease): Promise<OperationRow> {
  const failure = { code: 'aborted', message: 'Discord refuses the token' };
  return (await finishUnreached(db, lease, { from: openStates, result: 'failed', failure }, later))!;
}

/** Somebody presses an option. */
export async function vote(db: Db, pollId: number, userId: string, position: number): Promise<void> {
  const { message_id } = await db
    .selectFrom('polls')
    .select('message_id')
    .where('id', '=', pollId)
    .executeTakeFirstOrThrow();
  const press = { pollId, position, userId, interactionId: interactionId(), serverId, channelId };
  const result = await castVote(db, { ...press, messageId: message_id ?? '1' });
  if (result.type === 'refused') throw new Error(result.reason);
}
