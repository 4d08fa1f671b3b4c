import { Loop } from '../../base/loop.ts';
import type { Service } from '../../base/service.ts';
import { levelOf } from '../../db/database-away.ts';
import { type AdmissionLimits, admitQueued } from '../lifecycle/admission.ts';
import { DeadOwners, type LostLock } from '../lifecycle/dead-owners.ts';
import { LeaseLostError } from '../lifecycle/fence.ts';
import { giveUpLeases, renewLeases, type TakenOver, takeOver } from '../lifecycle/lease.ts';
import { readSurroundings, type Surroundings } from '../lifecycle/surroundings.ts';
import { operationStates } from '../operation-store.ts';
import { noteShown } from '../progress/progress-message-store.ts';
import { OperationQueue, type QueueLoad } from './operation-queue.ts';
import { maxTakeovers, type NewRun, Run, type RunParts } from './run.ts';

export interface RunnerParts extends Omit<RunParts, 'queue'> {
  readonly admissionLimits: AdmissionLimits;
}

/** How often it looks around, in ms: while it works, while others do, beside others, and alone. */
const everyMs = { working: 1_000, besideWork: 400, besideOthers: 1_000, alone: 5_000 } as const;
const renewEveryMs = 5_000;

/**
 * Owns the operations of this process: admits, runs and reports them, renews their leases, and takes over those of
 * dead processes. What it holds in memory can be lost at any moment; the rows say where to go on.
 */
export class Runner implements Service {
  readonly #parts: RunParts;
  readonly #limits: AdmissionLimits;
  readonly #queue: OperationQueue;
  readonly #loop: Loop;
  readonly #deadOwners: DeadOwners;
  /** What this process owns, by operation. */
  readonly #runs = new Map<number, Run>();
  readonly #underWay = new Set<Promise<void>>();
  #renewedAt = Number.NEGATIVE_INFINITY;
  #stopping = false;

  constructor({ admissionLimits, ...parts }: RunnerParts) {
    this.#limits = admissionLimits;
    this.#queue = new OperationQueue(admissionLimits.maxConcurrent);
    this.#parts = { ...parts, queue: this.#queue };
    this.#deadOwners = new DeadOwners(parts.clock);
    this.#loop = new Loop({
      clock: parts.clock,
      log: parts.log,
      turn: () => this.#turn(),
      afterErrorMs: everyMs.working,
      failed: 'the runner could not look after its operations; it goes on trying',
      recovered: 'the runner looks after its operations again',
      level: levelOf,
    });
  }

  /** Begins to tell which of the others are dead, which takes a moment. To be called before the work of a start. */
  async lookAround(): Promise<void> {
    await this.#look();
  }

  async start(): Promise<void> {
    await this.#loop.start();
  }

  /** Stops at the next safe point, and lets other processes go on at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loop.stop();
    for (const run of this.#runs.values()) run.stop();
    await this.#queue.idle();
    await Promise.all(this.#underWay);
    await giveUpLeases(this.#parts.db, this.#parts.processId);
  }

  /** Takes on an operation that this process has confirmed or taken over. */
  adopt(adopted: NewRun): void {
    const { operationId } = adopted.lease;
    if (this.#stopping || this.#runs.has(operationId)) return;
    const run = new Run(this.#parts, adopted);
    this.#runs.set(operationId, run);
    const carrying = run.carryOut().finally(() => {
      this.#runs.delete(operationId);
      this.#underWay.delete(carrying);
      this.#loop.wake();
    });
    this.#underWay.add(carrying);
    this.#loop.wake();
  }

  /** Somebody pressed a button: looks at the rows now, not at the next tick. */
  poke(): void {
    this.#loop.wake();
  }

  /** Lets queued operations start, so that the first frame can say whether this one must wait. */
  async admit(): Promise<void> {
    const { db, processId, clock } = this.#parts;
    await admitQueued(db, processId, this.#limits, clock.now());
  }

  get load(): QueueLoad {
    return this.#queue.load;
  }

  /**
   * First it keeps what this process has, then it takes what others have lost. Returns the pause until the next turn.
   */
  async #turn(): Promise<number> {
    await this.#renew();
    const { surroundings, dead } = await this.#look();
    if (surroundings.ownerless || dead.length > 0) await this.#takeOver(dead);
    if (surroundings.queued) await this.admit();
    await this.#tellStates();
    return this.#pauseAfter(surroundings);
  }

  /**
   * Renews by operation and fence. Whatever happened to this process meanwhile, what nobody took over is still its
   * own.
   */
  async #renew(): Promise<void> {
    const { db, clock } = this.#parts;
    const now = clock.monotonic();
    if (now - this.#renewedAt < renewEveryMs || this.#runs.size === 0) return;
    // Runs that begin meanwhile are no part of this renewal.
    const runs = [...this.#runs.values()];
    const leases = runs.map(({ lease }) => lease);
    const owned = new Set(await renewLeases(db, leases));
    this.#renewedAt = now;
    for (const run of runs) {
      const { operationId } = run.lease;
      if (owned.has(operationId)) continue;
      run.lose(new LeaseLostError(operationId));
      run.stop();
    }
  }

  /** `dead`: the processes whose end is proven by now. */
  async #look(): Promise<{ readonly surroundings: Surroundings; readonly dead: readonly LostLock[] }> {
    const { db, processId } = this.#parts;
    const surroundings = await readSurroundings(db, processId, [...this.#runs.keys()]);
    return { surroundings, dead: this.#deadOwners.judge(surroundings.lost) };
  }

  async #takeOver(dead: readonly LostLock[]): Promise<void> {
    const { db, processId, clock } = this.#parts;
    const known = { own: [...this.#runs.keys()], dead };
    for (const taken of await takeOver(db, processId, clock.now(), known)) await this.#receive(taken);
  }

  async #receive({ operationId, fence, takeovers, ended }: TakenOver): Promise<void> {
    const deadly = takeovers > maxTakeovers;
    if (!deadly || !ended) return this.adopt({ lease: { operationId, fence }, deadly });
    const { db, log } = this.#parts;
    log.error({ operation: operationId }, 'showing a result has ended processes: it is left');
    await noteShown(db, operationId);
  }

  /** What came and went between two looks is no change. */
  async #tellStates(): Promise<void> {
    const states = await operationStates(this.#parts.db, [...this.#runs.keys()]);
    for (const [operationId, run] of this.#runs) run.found(states.get(operationId));
  }

  #pauseAfter({ foreign, processes }: Surroundings): number {
    let pauseMs: number = everyMs.alone;
    if (processes > 0) pauseMs = everyMs.besideOthers;
    if (this.#runs.size > 0) pauseMs = everyMs.working;
    if (foreign > 0) pauseMs = everyMs.besideWork;
    return Math.min(pauseMs, this.#deadOwners.next ?? pauseMs);
  }
}
