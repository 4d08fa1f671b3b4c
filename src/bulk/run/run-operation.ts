import { aborted } from '../../base/aborted.ts';
import { within } from '../../base/within.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { BatchHandler, Deliverer, DeliveryJob, FinalOutcome } from '../../delivery/delivery-batch.ts';
import { type ExportDeps, exportFiles } from '../export/export-files.ts';
import type { ChangingKind } from '../kinds/operation-kind.ts';
import { boundKind } from '../kinds/operation-kinds.ts';
import { cancelPausedSince } from '../lifecycle/control.ts';
import { type Lease, stateOf } from '../lifecycle/fence.ts';
import { type OperationRow, type OperationState, openStates, runningMs } from '../operation.ts';
import { appliedJobs, loadOperation } from '../operation-store.ts';
import { formatSpan } from '../words/format-duration.ts';
import { applyInChunks } from './apply.ts';
import { postNotice } from './notice.ts';
import { putBack, wasCutShort } from './put-back.ts';
import { finishOperation, finishUnreached, settleItems } from './settle.ts';

export interface RunDeps extends ExportDeps {
  readonly deliverer: Deliverer;
  readonly processId: string;
  readonly timeoutMs: number;
}

/** A paused operation is cancelled after a day. */
const longestPauseMs = 24 * 60 * 60_000;

/** What interrupts a run. */
export interface Interruptions {
  /** This process ends, or lost the operation. */
  readonly stopping: AbortSignal;
  /** Resolves when the operation is found in another state than the one seen here: somebody paused, resumed or cancelled it. */
  otherThan(seen: OperationState): Promise<void>;
}

/** An operation that has its result. `abort`: set where Discord refuses the token, and nothing can go on. */
export interface Ended {
  readonly operation: OperationRow;
  readonly abort: string | null;
}

/**
 * Runs an admitted operation from wherever its rows stand to its result. Returns the ended operation, or null when it
 * was stopped on the way. Throws `LeaseLostError`.
 * `answered` settles when the press that started it has had its response: files must not overtake that.
 */
export async function runOperation(
  deps: RunDeps,
  lease: Lease,
  interruptions: Interruptions,
  answered: Promise<unknown> = Promise.resolve(),
): Promise<Ended | null> {
  while (!interruptions.stopping.aborted) {
    const state = await stateOf(deps.db, lease);
    const interrupted = interruptions.otherThan(state);
    if (state === 'running') {
      const ended = await work(deps, lease, answered, interrupted, interruptions.stopping);
      if (ended) return ended;
    } else if (state === 'paused') {
      await waitPaused(deps, lease, interrupted, interruptions.stopping);
    } else if (state === 'cancelling') {
      const operation = await cancel(deps, lease);
      if (operation) return { operation, abort: null };
    } else if (state === 'queued') {
      await interrupted;
    } else {
      return { operation: await loadOperation(deps.db, lease.operationId), abort: null };
    }
  }
  return null;
}

/**
 * Applies and delivers (or writes files instead), until the end, an interruption, or the time limit. Null: look at the
 * state again.
 */
async function work(
  deps: RunDeps,
  lease: Lease,
  answered: Promise<unknown>,
  interrupted: Promise<void>,
  stopping: AbortSignal,
): Promise<Ended | null> {
  const { db, clock } = deps;
  const operation = await loadOperation(db, lease.operationId);
  const kind = boundKind(operation);
  let wanted = true;
  const interruption = Promise.race([interrupted, aborted(stopping)]).then(() => {
    wanted = false;
    return 'interrupted' as const;
  });
  const leftMs = Math.max(0, deps.timeoutMs - runningMs(operation, clock.now()));
  let abort: string | null = null;
  const onAbort = (reason: string) => {
    abort = reason;
  };
  const batch = kind.file
    ? exportFiles(deps, lease, kind.file, answered, onAbort)
    : deps.deliverer.startBatch(
        await appliedJobs(db, lease.operationId),
        settling(deps, lease, operation, kind, onAbort),
        committed(deps, lease, kind, () => wanted),
      );
  const ending = Promise.race([batch.finished.then(() => 'finished' as const), interruption]);
  const end = await within(clock, leftMs, ending, 'timed out' as const);
  wanted = false;
  await batch.stop();
  await batch.finished;
  if (abort !== null) return { operation: await abortRun(deps, lease, abort), abort };
  if (end === 'interrupted') return null;
  if (end === 'timed out') return finished(await timeOut(deps, lease));
  return finished(await finishOperation(db, lease, ['running'], null, clock.now()));
}

/**
 * Applies what is planned and gives the polls to be shown as they are committed: their messages follow at once. Those to be
 * deleted come all together, because many go in one request.
 */
async function* committed(
  { db, clock }: RunDeps,
  lease: Lease,
  kind: ChangingKind,
  wanted: () => boolean,
): AsyncGenerator<readonly DeliveryJob[]> {
  const together: DeliveryJob[] = [];
  for await (const jobs of applyInChunks(db, lease, kind, () => clock.now(), wanted)) {
    if (kind.delivery === 'delete') together.push(...jobs);
    else yield jobs;
  }
  if (wanted()) yield together;
}

function finished(operation: OperationRow | null): Ended | null {
  return operation && { operation, abort: null };
}

/** How each poll's outcome becomes a row before its channel's next request. */
function settling(
  deps: RunDeps,
  lease: Lease,
  operation: OperationRow,
  kind: ChangingKind,
  onAbort: (reason: string) => void,
): BatchHandler {
  const settle = async (
    jobs: readonly DeliveryJob[],
    outcome: FinalOutcome,
    attempts: number,
  ): Promise<void> => {
    if (outcome.type === 'abort') return onAbort(outcome.reason);
    const ids = jobs.map((job) => job.pollId);
    if (outcome.type === 'failed') {
      await settleItems(
        deps.db,
        lease,
        ids,
        { state: 'failed', code: outcome.code, message: outcome.reason, attempts, remark: null },
        deps.clock.now(),
      );
      return;
    }
    const notice = kind.notifies ? await postNotice(deps, operation, jobs) : null;
    const remark = notice ?? outcome.remark ?? null;
    await settleItems(
      deps.db,
      lease,
      ids,
      { state: 'done', code: null, message: null, attempts, remark },
      deps.clock.now(),
    );
  };
  return { repost: kind.repost, deletes: kind.delivery === 'delete', settled: settle };
}

async function waitPaused(
  deps: RunDeps,
  lease: Lease,
  interrupted: Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  const { db, clock } = deps;
  const { paused_at } = await loadOperation(db, lease.operationId);
  const leftMs = Math.max(0, (paused_at ?? clock.now()).getTime() + longestPauseMs - clock.now().getTime());
  const interruption = Promise.race([interrupted, aborted(stopping)]).then(() => 'interrupted');
  if ((await within(clock, leftMs, interruption, 'expired')) !== 'expired') return;
  // It may have gone on and been paused anew, between two looks of whoever tells.
  const since = new Date(clock.now().getTime() - longestPauseMs);
  const by = { userId: null, processId: deps.processId, reason: 'it stood paused for 24 hours' };
  await cancelPausedSince(db, lease.operationId, since, by, clock.now());
}

/** Puts back chunk by chunk, then ends; what became of the polls gives the word, whoever it was that put them back. */
async function cancel(deps: RunDeps, lease: Lease): Promise<OperationRow | null> {
  const now = deps.clock.now();
  const behind = await putBack(deps.db, lease, now);
  const ended = await inTransaction(deps.db, async (trx) => {
    const result = (await wasCutShort(trx, lease.operationId)) ? 'cancelled' : null;
    return await finishOperation(trx, lease, ['cancelling'], result, now);
  });
  for (const job of behind) deps.deliverer.touch(job);
  return ended;
}

function timeOut(deps: RunDeps, lease: Lease): Promise<OperationRow | null> {
  const message = `not reached within the time limit of ${formatSpan(deps.timeoutMs)}`;
  const ending = { result: 'timed out', failure: { code: 'timeout', message } } as const;
  return finishUnreached(deps.db, lease, ['running'], ending, deps.clock.now());
}

/** Ends it as a whole: what is still open fails for that reason, the committed changes stay. */
export async function abortRun(deps: RunDeps, lease: Lease, reason: string): Promise<OperationRow> {
  const ending = {
    result: 'failed',
    failure: { code: 'aborted', message: reason },
    abortReason: reason,
  } as const;
  const ended = await finishUnreached(deps.db, lease, openStates, ending, deps.clock.now());
  return ended ?? (await loadOperation(deps.db, lease.operationId));
}
