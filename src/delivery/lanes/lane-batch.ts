import type { Batch, BatchHandler, DeliveryJob, FinalOutcome } from '../delivery-batch.ts';
import { Refusals } from './batch-refusals.ts';

/** A batch as the lanes see it: what is left of it, and what of it is in flight. */
export class LaneBatch implements Batch {
  readonly handler: BatchHandler;
  /** Whether its jobs go ahead of background work. */
  readonly people: boolean;
  /** Batches of the same name take turns as one. */
  readonly turn: string;
  /** The channels whose young messages go in bulk deletes, if the batch deletes. */
  bulkDeleteChannels: ReadonlySet<string> = new Set();
  readonly refusals = new Refusals();
  stopped = false;
  anyDone = false;
  #left = 0;
  #inFlight = 0;
  #broken: unknown = null;
  readonly #remove: (batch: LaneBatch) => void;
  readonly #over = Promise.withResolvers<void>();
  readonly #quiet = Promise.withResolvers<void>();

  constructor(
    handler: BatchHandler,
    { people, turn }: { readonly people: boolean; readonly turn: string },
    /** Takes what is not in flight out of the lanes. */
    remove: (batch: LaneBatch) => void,
  ) {
    this.handler = handler;
    this.people = people;
    this.turn = turn;
    this.#remove = remove;
    // Whoever awaits `finished` gets the rejection. A batch that nobody awaits must not end the process.
    this.#over.promise.catch(() => undefined);
  }

  get finished(): Promise<void> {
    return this.#over.promise;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.#remove(this);
    if (this.#inFlight === 0) this.#end();
    await this.#quiet.promise;
  }

  /** So many jobs came into the lanes. */
  grow(jobs: number): void {
    this.#left += jobs;
  }

  /** Something of it is under way, for which `stop` waits: a request, or the source of more jobs. */
  enter(): void {
    this.#inFlight += 1;
  }

  leave(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0 && (this.stopped || this.#left === 0)) this.#end();
  }

  async settle(jobs: readonly DeliveryJob[], outcome: FinalOutcome, attempts: number): Promise<void> {
    if (outcome.type === 'done') this.anyDone = true;
    await this.handler.settled(jobs, outcome, attempts);
    this.#left -= jobs.length;
    if (this.#inFlight === 0 && this.#left === 0) this.#end();
  }

  /** Ends the batch for a bug or a lost database: nothing more of it is sent, and `finished` rejects. */
  break(error: unknown): void {
    this.#broken ??= error;
    this.stopped = true;
    this.#remove(this);
    if (this.#inFlight === 0) this.#end();
  }

  #end(): void {
    if (this.#broken === null) this.#over.resolve();
    else this.#over.reject(this.#broken);
    this.#quiet.resolve();
  }
}
