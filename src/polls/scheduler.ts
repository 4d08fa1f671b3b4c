import type { Clock } from '../clock.ts';
import type { Db } from '../db/schema.ts';
import type { Logger } from '../log.ts';
import { closeDue, type DuePoll, openDue } from './due-store.ts';

const tickMs = 1000;

export interface SchedulerParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for each poll that opened or closed, once that is committed. */
  touch(poll: DuePoll): void;
}

/** Opens and closes polls when their time comes, first of all those whose time came while nobody was running. */
export class Scheduler {
  readonly #parts: SchedulerParts;
  #stopping: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#stopping !== null) return;
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Resolves when the tick under way has ended. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
    this.#stopping = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#tick();
      await this.#parts.clock.sleep(tickMs, signal);
    }
  }

  /** A database that is away is said once and waited for; what falls due meanwhile is found by the next tick. */
  async #tick(): Promise<void> {
    const { db, clock, log, touch } = this.#parts;
    try {
      const now = clock.now();
      const changed = [...(await openDue(db, now)), ...(await closeDue(db, now))];
      for (const poll of changed) touch(poll);
      if (changed.length > 0) log.info({ polls: changed.length }, 'polls opened or closed at their time');
      if (this.#failing) log.info('the scheduler works again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        log.error({ err: error }, 'the scheduler cannot open and close polls; it keeps trying');
      this.#failing = true;
    }
  }
}
