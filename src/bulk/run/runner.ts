import { AutoResetEvent } from '../../base/auto-reset-event.ts';
import type { Logger } from '../../base/log.ts';
import type { Service } from '../../base/service.ts';
import { levelOf } from '../../db/database-away.ts';
import { type AdmissionLimits, admitQueued } from '../lifecycle/admission.ts';
import { DeadOwners, type LostLock } from '../lifecycle/dead-owners.ts';
import { type Lease, LeaseLostError } from '../lifecycle/fence.ts';
import { giveUpLeases, renewLeases, type TakenOver, takeOver } from '../lifecycle/lease.ts';
import { readSurroundings, type Surroundings } from '../lifecycle/surroundings.ts';
import type { OperationState } from '../operation.ts';
import { howFarIs, operationStates } from '../operation-store.ts';
import { createProgressLoop, type ProgressMessageDeps, showResult } from '../progress/progress-message.ts';
import { noteShown, showAgain } from '../progress/progress-message-store.ts';
import { RunErrors } from './run-errors.ts';
import { abortRun, type Ended, type RunDeps, runOperation } from './run-operation.ts';

export interface RunnerDeps extends RunDeps, ProgressMessageDeps {
  readonly log: Logger;
  readonly limits: AdmissionLimits;
  /** Discord refuses the token: the process cannot go on. */
  onAbort(reason: string): void;
}

/** How often it looks around, in ms: while it works, while others do, beside others, and alone. */
const ticks = { working: 1000, besideWork: 400, besideOthers: 1000, alone: 5000 } as const;
const renewEveryMs = 5_000;
/** So often an operation may be taken over from an owner that died at work on it, without getting any further. */
const maxTakeovers = 3;

/** An operation this process owns and works on. */
interface Run {
  readonly lease: Lease;
  readonly changed: AutoResetEvent;
  readonly stop: AbortController;
  /** It has cost too many processes their life. */
  readonly deadly: boolean;
  /** Another process has it now. */
  lost: boolean;
  /** The state in which its work saw it last: in any other one it has to look again. */
  seen: OperationState | null;
  finished: Promise<void>;
}

/**
 * Owns the operations of this process: admits, runs and reports them, renews their leases, takes over those of dead
 * processes. What it holds in memory can die at any moment; the rows say where to go on.
 */
export class Runner implements Service {
  readonly #deps: RunnerDeps;
  readonly #runs = new Map<number, Run>();
  readonly #stopping = new AbortController();
  readonly #tick = new AutoResetEvent();
  readonly #deadOwners: DeadOwners;
  #loop: Promise<void> = Promise.resolve();
  #renewedAt = Number.NEGATIVE_INFINITY;
  #troubled = false;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
    this.#deadOwners = new DeadOwners(deps.clock);
  }

  /** Begins to tell who of the others is dead, which takes a moment. To be called before the work of a start. */
  async lookAround(): Promise<void> {
    await this.#look();
  }

  async start(): Promise<void> {
    this.#loop = this.#work();
  }

  /** Stops at the next safe point and lets other processes go on at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#tick.set();
    await this.#loop;
    for (const run of this.#runs.values()) end(run);
    await Promise.all([...this.#runs.values()].map((run) => run.finished));
    await giveUpLeases(this.#deps.db, this.#deps.processId);
  }

  /**
   * Takes on an operation this process has just confirmed. Its message is left alone until `posted` has settled: the
   * first frame is the response to the press.
   */
  adopt(lease: Lease, posted: Promise<unknown>, deadly = false): void {
    if (this.#stopping.signal.aborted || this.#runs.has(lease.operationId)) return;
    const run: Run = {
      lease,
      changed: new AutoResetEvent(),
      stop: new AbortController(),
      deadly,
      lost: false,
      seen: null,
      finished: Promise.resolve(),
    };
    this.#runs.set(lease.operationId, run);
    run.finished = this.#run(run, posted);
    this.#tick.set();
  }

  /** Somebody pressed a button: look at the rows now instead of at the next tick. */
  poke(): void {
    this.#tick.set();
  }

  /** Lets queued operations start, so that the first frame can say whether this one has to wait. */
  async admit(): Promise<void> {
    const { db, processId, limits, clock } = this.#deps;
    await admitQueued(db, processId, limits, clock.now());
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      const woken = this.#tick.wait();
      let pauseMs: number = ticks.working;
      try {
        pauseMs = await this.#turn();
        if (this.#troubled) log.info('the runner looks after its operations again');
        this.#troubled = false;
      } catch (error) {
        if (!this.#troubled) {
          log[levelOf(error)](
            { err: error },
            'the runner could not look after its operations; it goes on trying',
          );
        }
        this.#troubled = true;
      }
      const over = new AbortController();
      await Promise.race([woken, clock.sleep(pauseMs, over.signal)]);
      over.abort();
    }
  }

  /** First what this process has is kept, then what others have lost is taken. Returns the pause until the next one. */
  async #turn(): Promise<number> {
    await this.#renew();
    const surroundings = await this.#look();
    const dead = this.#deadOwners.judge(surroundings.lost);
    if (surroundings.ownerless || dead.length > 0) await this.#takeOver(dead);
    if (surroundings.queued) await this.admit();
    await this.#wakeChanged();
    return this.#pause(surroundings);
  }

  async #look(): Promise<Surroundings> {
    const surroundings = await readSurroundings(this.#deps.db, this.#deps.processId, [...this.#runs.keys()]);
    this.#deadOwners.judge(surroundings.lost);
    return surroundings;
  }

  #pause({ foreign, processes }: Surroundings): number {
    const pauseMs =
      foreign > 0
        ? ticks.besideWork
        : this.#runs.size > 0
          ? ticks.working
          : processes > 0
            ? ticks.besideOthers
            : ticks.alone;
    return Math.min(pauseMs, this.#deadOwners.next ?? pauseMs);
  }

  /** By operation and fence: whatever happened to this process meanwhile, what nobody took over is still its own. */
  async #renew(): Promise<void> {
    const now = this.#deps.clock.monotonic();
    if (now - this.#renewedAt < renewEveryMs || this.#runs.size === 0) return;
    // Runs that begin meanwhile are none of this renewal's business.
    const held = [...this.#runs.values()];
    const owned = new Set(
      await renewLeases(
        this.#deps.db,
        held.map(({ lease }) => lease),
      ),
    );
    this.#renewedAt = now;
    for (const run of held) {
      if (owned.has(run.lease.operationId)) continue;
      this.#lose(run, new LeaseLostError(run.lease.operationId));
      end(run);
    }
  }

  #lose(run: Run, error: LeaseLostError): void {
    if (!run.lost) this.#deps.log.warn({ operation: run.lease.operationId }, error.message);
    run.lost = true;
  }

  async #takeOver(dead: readonly LostLock[]): Promise<void> {
    const { db, processId, clock } = this.#deps;
    const known = { own: [...this.#runs.keys()], dead };
    for (const taken of await takeOver(db, processId, clock.now(), known)) await this.#receive(taken);
  }

  async #receive(taken: TakenOver): Promise<void> {
    const deadly = taken.takeovers > maxTakeovers;
    if (deadly && taken.ended) {
      this.#deps.log.error(
        { operation: taken.operationId },
        'showing a result has ended processes: it is left',
      );
      await noteShown(this.#deps.db, taken.operationId);
    } else this.adopt(taken, Promise.resolve(), deadly);
  }

  /**
   * Wakes the work of each operation that is in another state than the work has seen, whoever changed it: what came and went
   * between two looks is no change.
   */
  async #wakeChanged(): Promise<void> {
    const states = await operationStates(this.#deps.db, [...this.#runs.keys()]);
    for (const run of this.#runs.values()) {
      if (run.seen !== null && states.get(run.lease.operationId) !== run.seen) run.changed.set();
    }
  }

  async #run(run: Run, posted: Promise<unknown>): Promise<void> {
    const { log, db } = this.#deps;
    const { operationId } = run.lease;
    const progress = createProgressLoop(this.#deps, operationId);
    run.stop.signal.addEventListener('abort', () => void progress.stop(), { once: true });
    const reporting = posted.then(() => progress.start());
    try {
      const result = await this.#toTheEnd(run, posted);
      await reporting;
      await progress.stop();
      // What this process showed last may have come after the result.
      if (run.lost) await this.#persist(run, () => showAgain(db, operationId));
      if (result) await this.#show(run);
      if (result?.abort) this.#deps.onAbort(result.abort);
    } catch (error) {
      log.error({ err: error, operation: operationId }, 'an operation stopped on this process');
    } finally {
      await progress.stop();
      this.#runs.delete(operationId);
      this.#tick.set();
    }
  }

  /** Null when stopped or taken over by another. */
  async #toTheEnd(run: Run, posted: Promise<unknown>): Promise<Ended | null> {
    const otherThan = (seen: OperationState) => {
      run.seen = seen;
      return run.changed.wait();
    };
    const interruptions = { stopping: run.stop.signal, otherThan };
    let reason = `The bot has ended ${maxTakeovers + 1} times while it worked on this, without getting any further.`;
    if (!run.deadly) {
      const result = await this.#persist(run, () =>
        runOperation(this.#deps, run.lease, interruptions, posted),
      );
      if (result !== 'given up') return result;
      reason = 'An internal error; the log of the bot has the details.';
    }
    const aborting = async () => ({ operation: await abortRun(this.#deps, run.lease, reason), abort: null });
    const aborted = await this.#persist(run, aborting);
    return aborted === 'given up' ? null : aborted;
  }

  async #show(run: Run): Promise<void> {
    const { db } = this.#deps;
    const { operationId } = run.lease;
    const shown = await this.#persist(run, () => showResult(this.#deps, operationId, run.stop.signal));
    if (shown === 'given up') await this.#persist(run, () => noteShown(db, operationId));
  }

  /** Repeats after errors: the rows say where to go on. Null when stopped or taken over by another. */
  async #persist<T>(run: Run, work: () => Promise<T>): Promise<T | 'given up' | null> {
    const { log, clock } = this.#deps;
    const { operationId } = run.lease;
    const errors = new RunErrors();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof LeaseLostError) {
          this.#lose(run, error);
          return null;
        }
        const pauseMs = errors.next(error, await this.#howFar(operationId));
        log[levelOf(error)](
          { err: error, operation: operationId, pauseMs },
          'an operation hit an unexpected error',
        );
        if (pauseMs === null) return 'given up';
        await clock.sleep(pauseMs, run.stop.signal);
        if (run.stop.signal.aborted) return null;
      }
    }
  }

  /** Null where the database does not tell. */
  async #howFar(operationId: number): Promise<number | null> {
    try {
      return await howFarIs(this.#deps.db, operationId);
    } catch (error) {
      this.#deps.log.warn(
        { err: error, operation: operationId },
        'how far an operation is could not be read',
      );
      return null;
    }
  }
}

function end(run: Run): void {
  run.stop.abort();
  run.changed.set();
}
