import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Db } from '../schema.ts';
import { purge, type Retention } from './purge.ts';
import { upkeep } from './upkeep.ts';

const everyMs = 60 * 60 * 1_000;

/**
 * Purges at the start and then every hour, and where `embedded` keeps the tables in order. What fails is logged, and the
 * next hour tries again.
 */
export class Housekeeping {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #log: Logger;
  readonly #embedded: boolean;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;

  constructor(db: Db, retention: Retention, clock: Clock, log: Logger, embedded = false) {
    this.#db = db;
    this.#retention = retention;
    this.#clock = clock;
    this.#log = log;
    this.#embedded = embedded;
  }

  start(): void {
    this.#running ??= this.#run(this.#ending.signal);
  }

  /** Resolves when a purge under way has ended. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const purged = await purge(this.#db, this.#clock.now(), this.#retention);
        const tidied = this.#embedded ? await upkeep(this.#db) : [];
        this.#log.info({ purged, tidied }, 'housekeeping done');
      } catch (error) {
        this.#log.error({ err: error }, 'housekeeping failed; it is tried again in an hour');
      }
      await this.#clock.sleep(everyMs, signal);
    }
  }
}
