import { AutoResetEvent } from '../../src/base/auto-reset-event.ts';
import type { Lease } from '../../src/bulk/lifecycle/fence.ts';
import { type RunDeps, runOperation } from '../../src/bulk/run/run-operation.ts';
import type {
  Batch,
  BatchHandler,
  Deliverer,
  DeliveryJob,
  FinalOutcome,
} from '../../src/delivery/delivery-batch.ts';

/**
 * One real run of an operation, one step at a time: it delivers nothing by itself, its time is up when that is said, and
 * each step returns once the run waits for the next one or has ended.
 */
export class Run implements Deliverer {
  readonly processId: string;
  jobs: DeliveryJob[] = [];
  #handler: BatchHandler | null = null;
  readonly #changed = new AutoResetEvent();
  readonly #stop = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();
  #paused: boolean;
  #finishBatch: (() => void) | null = null;
  #timers: { readonly ms: number; readonly wake: () => void }[] = [];
  #idle = Promise.withResolvers<void>();

  constructor(processId: string, paused: boolean) {
    this.processId = processId;
    this.#paused = paused;
  }

  get handler(): BatchHandler {
    if (!this.#handler) throw new Error('nothing is being delivered');
    return this.#handler;
  }

  async begin(deps: RunDeps, lease: Lease): Promise<void> {
    const interruptions = { stopping: this.#stop.signal, otherThan: () => this.#changed.wait() };
    const ended = runOperation(deps, lease, interruptions);
    this.#ended = ended;
    ended.then(
      () => this.#idle.resolve(),
      (error) => this.#idle.reject(error),
    );
    await this.#idle.promise;
  }

  /** Does something to the run and returns once it waits again. */
  async step(act: () => Promise<void> | void): Promise<void> {
    this.#idle = Promise.withResolvers<void>();
    await act();
    await this.#idle.promise;
  }

  /** Somebody paused, resumed or cancelled it. */
  async wake(): Promise<void> {
    await this.step(() => this.#changed.set());
  }

  /** The longest wait is over: its time limit, or the longest pause. */
  async timeOut(): Promise<void> {
    await this.step(() => this.#timers.at(-1)!.wake());
  }

  async settle(job: DeliveryJob, outcome: FinalOutcome): Promise<void> {
    this.jobs = this.jobs.filter((other) => other !== job);
    const settling = () => this.handler.settled([job], outcome, 1);
    if (this.jobs.length > 0) return await settling();
    await this.step(async () => {
      await settling();
      this.#finishBatch?.();
    });
  }

  /** Nothing more is written. */
  async crash(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  startBatch(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    more?: AsyncIterable<readonly DeliveryJob[]>,
  ): Batch {
    this.jobs = [...jobs];
    this.#handler = handler;
    const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
    this.#finishBatch = resolve;
    this.#gather(more).catch(reject);
    return {
      finished,
      stop: async () => {
        this.jobs = [];
        resolve();
      },
    };
  }

  /** Nothing is delivered before everything is committed, so that a step is over when all polls stand. */
  async #gather(more: AsyncIterable<readonly DeliveryJob[]> | undefined): Promise<void> {
    if (more) for await (const jobs of more) this.jobs.push(...jobs);
    if (this.jobs.length === 0) this.#finishBatch?.();
    else this.#idle.resolve();
  }

  refresh(): void {}

  deliver(): Promise<null> {
    return Promise.resolve(null);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = { ms, wake: () => finish() };
      const finish = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        resolve();
      };
      if (signal?.aborted) return finish();
      signal?.addEventListener('abort', finish, { once: true });
      this.#timers.push(timer);
      // A pause is waited out without anything else to wait for; a time limit is set before the messages begin.
      if (this.jobs.length === 0 && this.#paused) this.#idle.resolve();
    });
  }

  async pause(press: () => Promise<void>): Promise<void> {
    await press();
    this.#paused = true;
    await this.wake();
  }

  async resume(press: () => Promise<void>): Promise<void> {
    await press();
    this.#paused = false;
    await this.wake();
  }

  async cancel(press: () => Promise<void>): Promise<void> {
    await press();
    this.#paused = false;
    await this.wake();
  }
}
