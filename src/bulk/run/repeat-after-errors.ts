import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { levelOf } from '../../db/database-away.ts';
import type { Db } from '../../db/schema.ts';
import { LeaseLostError } from '../lifecycle/fence.ts';
import { howFarIs } from '../operation-store.ts';
import { RunErrors } from './run-errors.ts';

export interface RepeatParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Repeated {
  readonly operationId: number;
  /** Ends it after the present try. */
  readonly stopping: AbortSignal;
  /** Called if another process has taken the operation over. */
  readonly lost: (error: LeaseLostError) => void;
}

/**
 * Does `work` again after errors; the rows say where to go on. Returns what it resolves with; null if it was stopped,
 * or lost to another process; `given up` if errors came again and again without progress between them.
 */
export async function repeatAfterErrors<T>(
  parts: RepeatParts,
  { operationId, stopping, lost }: Repeated,
  work: () => Promise<T>,
): Promise<T | 'given up' | null> {
  const { clock, log } = parts;
  const errors = new RunErrors();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof LeaseLostError) {
        lost(error);
        return null;
      }
      const pauseMs = errors.next(error, await howFarIfKnown(parts, operationId));
      const facts = { err: error, operation: operationId, pauseMs };
      log[levelOf(error)](facts, 'an operation hit an unexpected error');
      if (pauseMs === null) return 'given up';
      await clock.sleep(pauseMs, stopping);
      if (stopping.aborted) return null;
    }
  }
}

/** Null if the database does not tell. */
async function howFarIfKnown({ db, log }: RepeatParts, operationId: number): Promise<number | null> {
  try {
    return await howFarIs(db, operationId);
  } catch (error) {
    log.warn({ err: error, operation: operationId }, 'how far an operation is could not be read');
    return null;
  }
}
