import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Db } from '../../db/schema.ts';
import { verifyWholeNowAndThen } from './audit-head.ts';

/** How often it asks whether the day's verification is due, in ms. */
const everyMs = 60 * 60 * 1_000;

/** Follows the whole audit trail once a day, in one of all processes. The log says if the chain does not hold. */
export class AuditWatch {
  readonly #parts: { readonly db: Db; readonly clock: Clock; readonly log: Logger };
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: { readonly db: Db; readonly clock: Clock; readonly log: Logger }) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run(this.#ending.signal);
  }

  /** Resolves when a verification under way has ended. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { db, clock, log } = this.#parts;
    // Not at once: people who wait for the bot come first.
    for (await clock.sleep(everyMs, signal); !signal.aborted; await clock.sleep(everyMs, signal)) {
      try {
        const verdict = await verifyWholeNowAndThen(db);
        if (verdict?.broken) {
          const { id, why } = verdict.broken;
          log.error({ row: id, why }, 'the audit trail is broken: somebody changed it past the bot');
        } else if (verdict) log.info({ rows: verdict.rows }, 'the whole audit trail holds');
      } catch (error) {
        log.error({ err: error }, 'the audit trail could not be followed; it is tried again in an hour');
      }
    }
  }
}
