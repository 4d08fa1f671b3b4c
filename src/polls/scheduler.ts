import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Db } from '../db/schema.ts';
import { closeDue, type DuePoll, nextDue, openDue } from './due-store.ts';

/** Between two looks, however much changes. */
const shortestMs = 1_000;
/** What another process changes is seen after this at the latest. */
const longestMs = 10_000;
/** A timer may fire a little early, and the database's clock is known to some milliseconds. */
const slackMs = 20;

export interface SchedulerParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for each poll that opened or closed, once that is committed. */
  touch(poll: DuePoll): void;
}

/**
 * Opens and closes polls when their time comes, first of all those whose time came while nobody was running. In between it sleeps
 * until the next such time, or until this process changes a poll.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  #stopping: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #failing = false;
  #changed = new AbortController();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#stopping !== null) return;
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** A poll was changed here: its times may be others now. */
  wake(): void {
    this.#changed.abort();
  }

  /** Resolves when the tick under way has ended. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
    this.#stopping = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const began = clock.monotonic();
      this.#changed = new AbortController();
      const pauseMs = await this.#tick();
      await clock.sleep(pauseMs, AbortSignal.any([signal, this.#changed.signal]));
      const early = shortestMs - (clock.monotonic() - began);
      if (this.#changed.signal.aborted && early > 0) await clock.sleep(early, signal);
    }
  }

  /**
   * Returns how long nothing is to be done. A database that is away is said once and waited for; what falls due meanwhile is
   * found by the next tick.
   */
  async #tick(): Promise<number> {
    const { db, clock, log, touch } = this.#parts;
    try {
      const now = clock.now();
      const changed = [...(await openDue(db, now)), ...(await closeDue(db, now))];
      for (const poll of changed) touch(poll);
      if (changed.length > 0) log.info({ polls: changed.length }, 'polls opened or closed at their time');
      if (this.#failing) log.info('the scheduler works again');
      this.#failing = false;
      const next = await nextDue(db);
      if (next === null) return longestMs;
      const dueMs = next.getTime() - clock.now().getTime();
      // Due already: another process is at it, or an operation has just let go.
      return dueMs > 0 ? Math.min(dueMs + slackMs, longestMs) : shortestMs;
    } catch (error) {
      if (!this.#failing)
        log.error({ err: error }, 'the scheduler cannot open and close polls; it keeps trying');
      this.#failing = true;
      return shortestMs;
    }
  }
}
