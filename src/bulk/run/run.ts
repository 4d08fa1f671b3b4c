import { AutoResetEvent } from '../../base/auto-reset-event.ts';
import type { Logger } from '../../base/log.ts';
import type { Loop } from '../../base/loop.ts';
import type { Lease, LeaseLostError } from '../lifecycle/fence.ts';
import type { OperationState } from '../operation.ts';
import { createProgressLoop, type ProgressMessageDeps, showResult } from '../progress/progress-message.ts';
import { noteShown, showAgain } from '../progress/progress-message-store.ts';
import type { Ended } from './execute.ts';
import { abortOperation } from './finish-operation.ts';
import { repeatAfterErrors } from './repeat-after-errors.ts';
import { type RunDeps, runOperation } from './run-operation.ts';

/** How often an operation may be taken over from an owner that died at work on it without getting it further. */
export const maxTakeovers = 3;

export interface RunParts extends RunDeps, ProgressMessageDeps {
  readonly log: Logger;
  /** Discord refuses the token: the process cannot go on. */
  onAbort(reason: string): void;
}

export interface NewRun {
  readonly lease: Lease;
  /**
   * The progress message is left alone until this has settled: its first frame is the response to the press. Default:
   * there is no such response.
   */
  readonly posted?: Promise<unknown>;
  /** It has killed too many processes, so it is ended and not executed. Default: false. */
  readonly deadly?: boolean;
}

/** One operation that this process owns, on its way to its result, from wherever its rows stand. */
export class Run {
  readonly lease: Lease;
  readonly #parts: RunParts;
  readonly #posted: Promise<unknown>;
  readonly #deadly: boolean;
  readonly #progress: Loop;
  readonly #changed = new AutoResetEvent();
  readonly #stopping = new AbortController();
  /** Another process has it now. */
  #lost = false;
  /** The state in which its work saw it last. */
  #seen: OperationState | null = null;

  constructor(parts: RunParts, { lease, posted = Promise.resolve(), deadly = false }: NewRun) {
    this.lease = lease;
    this.#parts = parts;
    this.#posted = posted;
    this.#deadly = deadly;
    this.#progress = createProgressLoop(parts, lease.operationId);
  }

  /** Carries it out. Meanwhile it shows how far it is, and at the end its result. Never rejects. */
  async carryOut(): Promise<void> {
    const { log, db, onAbort } = this.#parts;
    const { operationId } = this.lease;
    const reporting = this.#posted.then(() => this.#progress.start());
    try {
      const ended = await this.#toTheEnd();
      await reporting;
      await this.#progress.stop();
      // What this process showed last may have come after the result.
      if (this.#lost) await this.#repeat(() => showAgain(db, operationId));
      if (ended === null) return;
      await this.#showResult();
      if (ended.abort !== null) onAbort.call(this.#parts, ended.abort);
    } catch (error) {
      log.error({ err: error, operation: operationId }, 'an operation stopped on this process');
      await this.#progress.stop();
    }
  }

  /** Stops at the next safe point. */
  stop(): void {
    this.#stopping.abort();
    this.#changed.set();
    void this.#progress.stop();
  }

  /** Another process has taken it over. */
  lose(error: LeaseLostError): void {
    if (!this.#lost) this.#parts.log.warn({ operation: this.lease.operationId }, error.message);
    this.#lost = true;
  }

  /** Its row is in this state now. If its work saw it in another state, the work looks again, whoever changed it. */
  found(state: OperationState | undefined): void {
    if (this.#seen !== null && state !== this.#seen) this.#changed.set();
  }

  /** Null if it was stopped, or taken over by another process. */
  async #toTheEnd(): Promise<Ended | null> {
    if (this.#deadly) {
      const times = maxTakeovers + 1;
      return await this.#abort(
        `The bot has ended ${times} times while it worked on this, without getting any further.`,
      );
    }
    const otherThan = (seen: OperationState) => {
      this.#seen = seen;
      return this.#changed.wait();
    };
    const interruptions = { stopping: this.#stopping.signal, otherThan };
    const ended = await this.#repeat(() =>
      runOperation(this.#parts, this.lease, interruptions, this.#posted),
    );
    if (ended !== 'given up') return ended;
    return await this.#abort('An internal error; the log of the bot has the details.');
  }

  async #abort(reason: string): Promise<Ended | null> {
    const { db, clock } = this.#parts;
    const abort = () => abortOperation(db, this.lease, reason, clock.now());
    const operation = await this.#repeat(abort);
    return operation === null || operation === 'given up' ? null : { operation, abort: null };
  }

  async #showResult(): Promise<void> {
    const { operationId } = this.lease;
    const shown = await this.#repeat(() => showResult(this.#parts, operationId, this.#stopping.signal));
    if (shown === 'given up') await this.#repeat(() => noteShown(this.#parts.db, operationId));
  }

  async #repeat<T>(work: () => Promise<T>): Promise<T | 'given up' | null> {
    const { operationId } = this.lease;
    const lost = (error: LeaseLostError) => this.lose(error);
    return await repeatAfterErrors(this.#parts, { operationId, stopping: this.#stopping.signal, lost }, work);
  }
}
