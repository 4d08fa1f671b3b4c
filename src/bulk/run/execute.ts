import { within } from '../../base/within.ts';
import type { Batch, Deliverer, DeliveryJob } from '../../delivery/delivery-batch.ts';
import { type ExportDeps, exportFiles } from '../export/export-files.ts';
import type { ChangingKind } from '../kinds/operation-kind.ts';
import { boundKind } from '../kinds/operation-kinds.ts';
import type { Lease } from '../lifecycle/fence.ts';
import { type OperationRow, runningMs } from '../operation.ts';
import { appliedJobs, loadOperation } from '../operation-store.ts';
import { formatSpan } from '../words/format-duration.ts';
import { applyInChunks } from './apply.ts';
import { abortOperation, finishOperation, finishUnreached } from './finish-operation.ts';
import { settling } from './settle.ts';

export interface ExecuteDeps extends ExportDeps {
  readonly deliverer: Deliverer;
  /** An operation that runs longer, in milliseconds, is ended. Pauses do not count. */
  readonly timeoutMs: number;
}

/** An operation that has its result. `abort`: set if Discord refuses the token, so that nothing can go on. */
export interface Ended {
  readonly operation: OperationRow;
  readonly abort: string | null;
}

export interface Execution {
  /** Resolves when the operation must be left where it is. */
  readonly interrupted: Promise<void>;
  /** Settles when the press that started it has had its response. */
  readonly answered: Promise<unknown>;
}

/**
 * Executes a running operation: applies its changes and has them shown (or writes files instead), until the end, an
 * interruption or the time limit. Null: its state must be looked at again. Throws `LeaseLostError`.
 */
export async function execute(
  deps: ExecuteDeps,
  lease: Lease,
  { interrupted, answered }: Execution,
): Promise<Ended | null> {
  const { db, clock, timeoutMs } = deps;
  const operation = await loadOperation(db, lease.operationId);
  const leftMs = Math.max(0, timeoutMs - runningMs(operation, clock.now()));
  let wanted = true;
  let abort: string | null = null;
  const interruption = interrupted.then(() => {
    wanted = false;
    return 'interrupted' as const;
  });
  const batch = await begin(deps, {
    lease,
    operation,
    answered,
    isWanted: () => wanted,
    onAbort: (reason) => {
      abort = reason;
    },
  });
  const finishing = batch.finished.then(() => 'finished' as const);
  const end = await within(clock, leftMs, Promise.race([finishing, interruption]), 'timed out' as const);
  wanted = false;
  await batch.stop();
  await batch.finished;
  const now = clock.now();
  if (abort !== null) return { operation: await abortOperation(db, lease, abort, now), abort };
  if (end === 'interrupted') return null;
  const ended =
    end === 'timed out'
      ? await timeOut(deps, lease)
      : await finishOperation(db, lease, { from: ['running'], result: null }, now);
  return ended && { operation: ended, abort: null };
}

interface Work {
  readonly lease: Lease;
  readonly operation: OperationRow;
  readonly answered: Promise<unknown>;
  /** False: no further chunk may be applied. */
  readonly isWanted: () => boolean;
  /** Discord refuses the token. */
  readonly onAbort: (reason: string) => void;
}

async function begin(deps: ExecuteDeps, work: Work): Promise<Batch> {
  const { lease, operation, answered, onAbort } = work;
  const kind = boundKind(operation);
  if (kind.file) return exportFiles(deps, lease, { wish: kind.file, answered, onAbort });
  const applied = await appliedJobs(deps.db, lease.operationId);
  const handler = settling(deps, { lease, operation, kind, onAbort });
  return deps.deliverer.startBatch(applied, handler, committed(deps, kind, work));
}

/**
 * Applies what is planned, and gives the polls to be shown as they are committed, so that their messages follow at
 * once. Those to be deleted come all together, because many go in one request.
 */
async function* committed(
  { db, clock }: ExecuteDeps,
  kind: ChangingKind,
  { lease, isWanted }: Work,
): AsyncGenerator<readonly DeliveryJob[]> {
  const together: DeliveryJob[] = [];
  for await (const jobs of applyInChunks(db, lease, { kind, now: () => clock.now(), isWanted })) {
    if (kind.delivery === 'delete') together.push(...jobs);
    else yield jobs;
  }
  if (isWanted()) yield together;
}

async function timeOut({ db, clock, timeoutMs }: ExecuteDeps, lease: Lease): Promise<OperationRow | null> {
  const message = `not reached within the time limit of ${formatSpan(timeoutMs)}`;
  const failure = { code: 'timeout', message };
  return await finishUnreached(db, lease, { from: ['running'], result: 'timed out', failure }, clock.now());
}
