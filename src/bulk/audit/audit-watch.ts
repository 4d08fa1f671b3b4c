import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { Service } from '../../base/service.ts';
import type { Db } from '../../db/schema.ts';
import { verifyWholeNowAndThen } from './audit-head.ts';

/** How often it asks whether the day's verification is due, in ms. */
const everyMs = 60 * 60 * 1_000;

export interface AuditWatchParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Follows the whole audit trail once a day, in one of all processes. The log says if the chain does not hold. */
export function createAuditWatch({ db, clock, log }: AuditWatchParts): Service {
  const loop = new Loop({
    clock,
    log,
    turn: async () => {
      const verdict = await verifyWholeNowAndThen(db);
      if (verdict?.broken) {
        const { id, why } = verdict.broken;
        log.error({ row: id, why }, 'the audit trail is broken: somebody changed it past the bot');
      } else if (verdict) log.info({ rows: verdict.rows }, 'the whole audit trail holds');
      return everyMs;
    },
    afterErrorMs: everyMs,
    failed: 'the audit trail could not be followed; it is tried again in an hour',
  });
  // Not at once: people who wait for the bot come first.
  return { start: () => loop.start(everyMs), stop: () => loop.stop() };
}
