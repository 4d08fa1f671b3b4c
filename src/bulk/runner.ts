import type { Logger } from '../log.ts';
import { type AdmissionLimits, admitQueued } from './admission.ts';
import { type Hold, LeaseLostError } from './fence.ts';
import { giveUpLeases, renewLeases, takeOver } from './lease.ts';
import { isResult, type OperationState } from './operation.ts';
import { loadOperation, operationStates } from './operation-store.ts';
import { keepProgressMessage, type ProgressMessageDeps, showResult } from './progress-message.ts';
import { abortRun, type RunDeps, runOperation } from './run-operation.ts';
import { Wakeup } from './wakeup.ts';

export interface RunnerDeps extends RunDeps, ProgressMessageDeps {
  readonly log: Logger;
  readonly limits: AdmissionLimits;
  /** Discord refuses the token: the process cannot go on. */
  onAbort(reason: string): void;
}

const tickMs = 1000;
const renewEveryMs = 10_000;
/** Unexpected errors in a row after which an operation is given up. */
const maxErrors = 5;

/** An operation this process owns and works on. */
interface Run {
  readonly hold: Hold;
  readonly wakeup: Wakeup;
  readonly stop: AbortController;
  /** The state its work was last woken for. */
  state: OperationState | null;
  finished: Promise<void>;
}

/**
 * Owns the operations of this process: admits, runs and reports them, renews their leases, takes over those of dead
 * processes. What it holds in memory can die at any moment; the rows say where to go on.
 */
export class Runner {
  readonly #deps: RunnerDeps;
  readonly #runs = new Map<number, Run>();
  readonly #stopping = new AbortController();
  readonly #tick = new Wakeup();
  #loop: Promise<void> = Promise.resolve();
  #renewedAt = 0;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#work();
  }

  /** Stops at the next safe point and lets other processes go on at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#tick.wake();
    await this.#loop;
    for (const run of this.#runs.values()) end(run);
    await Promise.all([...this.#runs.values()].map((run) => run.finished));
    await giveUpLeases(this.#deps.db, this.#deps.process);
  }

  /**
   * Takes on an operation this process has just confirmed. Its message is left alone until `posted` has settled: the
   * first frame is the response to the press.
   */
  adopt(hold: Hold, posted: Promise<unknown>): void {
    if (this.#stopping.signal.aborted || this.#runs.has(hold.operationId)) return;
    const run: Run = {
      hold,
      wakeup: new Wakeup(),
      stop: new AbortController(),
      state: null,
      finished: Promise.resolve(),
    };
    this.#runs.set(hold.operationId, run);
    run.finished = this.#run(run, posted);
    this.#tick.wake();
  }

  /** Somebody pressed a button: look at the rows now instead of at the next tick. */
  poke(): void {
    this.#tick.wake();
  }

  /** Lets queued operations start, so that the first frame can say whether this one has to wait. */
  async admit(): Promise<void> {
    const { db, process, limits, clock } = this.#deps;
    await admitQueued(db, process, limits, clock.now());
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      const woken = this.#tick.next();
      try {
        await this.#turn();
      } catch (error) {
        log.error({ err: error }, 'the runner could not look after its operations; it tries again');
      }
      const over = new AbortController();
      await Promise.race([woken, clock.sleep(tickMs, over.signal)]);
      over.abort();
    }
  }

  async #turn(): Promise<void> {
    const { db, clock, process } = this.#deps;
    const now = clock.now();
    for (const hold of await takeOver(db, process, now)) this.adopt(hold, Promise.resolve());
    if (now.getTime() - this.#renewedAt >= renewEveryMs) {
      this.#renewedAt = now.getTime();
      // Runs that begin meanwhile are none of this renewal's business.
      const held = [...this.#runs];
      const owned = new Set(
        await renewLeases(
          db,
          process,
          held.map(([id]) => id),
        ),
      );
      for (const [id, run] of held) if (!owned.has(id)) end(run);
    }
    await this.admit();
    await this.#wakeChanged();
  }

  /** Wakes the work of each operation whose state somebody changed, on this process or another. */
  async #wakeChanged(): Promise<void> {
    const states = await operationStates(this.#deps.db, [...this.#runs.keys()]);
    for (const run of this.#runs.values()) {
      const state = states.get(run.hold.operationId) ?? null;
      if (state === run.state) continue;
      run.state = state;
      run.wakeup.wake();
    }
  }

  async #run(run: Run, posted: Promise<unknown>): Promise<void> {
    const { log } = this.#deps;
    const { operationId } = run.hold;
    const ended = new AbortController();
    const endReport = () => ended.abort();
    run.stop.signal.addEventListener('abort', endReport, { once: true });
    const report = posted.then(() => this.#report(operationId, ended.signal));
    try {
      const result = await this.#toTheEnd(run, posted);
      ended.abort();
      await report;
      try {
        if (result) await showResult(this.#deps, operationId, run.stop.signal);
      } finally {
        if (result?.abort) this.#deps.onAbort(result.abort);
      }
    } catch (error) {
      log.error({ err: error, operation: operationId }, 'an operation stopped on this process');
    } finally {
      ended.abort();
      this.#runs.delete(operationId);
      this.#tick.wake();
    }
  }

  /** Repeats after an unexpected error: the rows say where to go on. Null when stopped or taken over by another. */
  async #toTheEnd(run: Run, posted: Promise<unknown>): Promise<{ abort: string | null } | null> {
    const { log, clock, db } = this.#deps;
    const interruptions = { stopping: run.stop.signal, next: () => run.wakeup.next() };
    for (let errors = 1; ; errors++) {
      try {
        return await runOperation(this.#deps, run.hold, interruptions, posted);
      } catch (error) {
        if (error instanceof LeaseLostError) {
          log.warn({ operation: run.hold.operationId }, error.message);
          return null;
        }
        log.error(
          { err: error, operation: run.hold.operationId, errors },
          'an operation hit an unexpected error',
        );
        if (errors === maxErrors) {
          await abortRun(this.#deps, run.hold, 'An internal error; the log of the bot has the details.');
          return { abort: null };
        }
        await clock.sleep(500 * 2 ** errors, run.stop.signal);
        if (isResult((await loadOperation(db, run.hold.operationId)).state)) return { abort: null };
      }
    }
  }

  async #report(operationId: number, ended: AbortSignal): Promise<void> {
    const { log, clock } = this.#deps;
    while (!ended.aborted) {
      try {
        return await keepProgressMessage(this.#deps, operationId, ended);
      } catch (error) {
        log.error({ err: error, operation: operationId }, 'the progress message could not be kept up');
        await clock.sleep(tickMs, ended);
      }
    }
  }
}

function end(run: Run): void {
  run.stop.abort();
  run.wakeup.wake();
}
