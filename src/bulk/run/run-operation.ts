import { aborted } from '../../base/aborted.ts';
import { within } from '../../base/within.ts';
import { inTransaction } from '../../db/transaction.ts';
import { cancelPausedSince } from '../lifecycle/control.ts';
import { type Lease, stateOf } from '../lifecycle/fence.ts';
import type { OperationRow, OperationState } from '../operation.ts';
import { operationLimits } from '../operation-limits.ts';
import { loadOperation } from '../operation-store.ts';
import { type Ended, type ExecuteDeps, execute } from './execute.ts';
import { finishOperation } from './finish-operation.ts';
import type { OperationQueue } from './operation-queue.ts';
import { putBack, wasCutShort } from './put-back.ts';

export interface RunDeps extends ExecuteDeps {
  readonly queue: OperationQueue;
  readonly processId: string;
}

/** A paused operation is cancelled after a day. */
const longestPauseMs = operationLimits.pauseHours * 3_600_000;

/** What interrupts a run. */
export interface Interruptions {
  /** This process ends, or it lost the operation. */
  readonly stopping: AbortSignal;
  /** Resolves when the operation is in another state than `seen`: somebody paused, resumed or cancelled it. */
  otherThan(seen: OperationState): Promise<void>;
}

/**
 * Takes an operation from the state of its row to its result. A queued one waits, a running one is executed, a paused one
 * waits, a cancelled one is put back. Returns null if it was stopped on the way. Throws `LeaseLostError`. `answered`
 * settles when the press that started the operation has its response. Files must not come before that.
 */
export async function runOperation(
  deps: RunDeps,
  lease: Lease,
  { stopping, otherThan }: Interruptions,
  answered: Promise<unknown> = Promise.resolve(),
): Promise<Ended | null> {
  const stopped = aborted(stopping);
  while (!stopping.aborted) {
    const state = await stateOf(deps.db, lease);
    const interrupted = Promise.race([otherThan(state), stopped]);
    const ended = await step(deps, lease, { state, interrupted, answered });
    if (ended !== null) return ended;
  }
  return null;
}

interface Step {
  readonly state: OperationState;
  readonly interrupted: Promise<void>;
  readonly answered: Promise<unknown>;
}

/** Does what one state asks for. Null: the state must be read again. */
async function step(
  deps: RunDeps,
  lease: Lease,
  { state, interrupted, answered }: Step,
): Promise<Ended | null> {
  switch (state) {
    case 'queued':
      await interrupted;
      return null;
    case 'running':
      return await deps.queue.run(() => execute(deps, lease, { interrupted, answered }), interrupted);
    case 'paused':
      await waitPaused(deps, lease, interrupted);
      return null;
    case 'cancelling': {
      const operation = await cancel(deps, lease);
      return operation && { operation, abort: null };
    }
    default:
      return { operation: await loadOperation(deps.db, lease.operationId), abort: null };
  }
}

async function waitPaused(deps: RunDeps, lease: Lease, interrupted: Promise<void>): Promise<void> {
  const { db, clock, processId } = deps;
  const { paused_at } = await loadOperation(db, lease.operationId);
  const leftMs = Math.max(0, (paused_at ?? clock.now()).getTime() + longestPauseMs - clock.now().getTime());
  const interruption = interrupted.then(() => 'interrupted' as const);
  if ((await within(clock, leftMs, interruption, 'expired' as const)) === 'interrupted') return;
  // It may have been resumed and paused again between two looks.
  const since = new Date(clock.now().getTime() - longestPauseMs);
  const by = { userId: null, processId, reason: `it stood paused for ${operationLimits.pauseHours} hours` };
  await cancelPausedSince(db, lease.operationId, { since, by, now: clock.now() });
}

/** Puts the polls back chunk by chunk, then ends. The result follows from the polls, whichever process put them back. */
async function cancel({ db, clock, deliverer }: RunDeps, lease: Lease): Promise<OperationRow | null> {
  const now = clock.now();
  const behind = await putBack(db, lease, now);
  const ended = await inTransaction(db, async (trx) => {
    const result = (await wasCutShort(trx, lease.operationId)) ? 'cancelled' : null;
    return await finishOperation(trx, lease, { from: ['cancelling'], result }, now);
  });
  for (const job of behind) deliverer.refresh(job);
  return ended;
}
