import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { Db } from '../../db/schema.ts';
import type { DeliveryJob } from '../delivery-batch.ts';
import type { RateLimits } from '../pace/rate-limits.ts';
import { overdue } from './delivery-store.ts';

const everyMs = 10_000;
/** How many polls at once: enough to keep every lane busy until the next round. */
const atOnce = 1_000;

export interface SweepParts {
  readonly db: Db;
  readonly rateLimits: RateLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Hands polls whose message is behind to `show`, some of each channel, at once and then every 10 s. So it heals
 * whatever a crash, an outage or a lost wake-up left undone.
 */
export function createSweep(
  { db, rateLimits, clock, log }: SweepParts,
  show: (job: DeliveryJob) => void,
): Loop {
  return new Loop({
    clock,
    log,
    turn: async () => {
      const held = rateLimits.heldMessages(clock.monotonic());
      for (const job of await overdue(db, atOnce, held)) show(job);
      return everyMs;
    },
    afterErrorMs: everyMs,
    failed: 'looking for polls whose messages are behind failed',
  });
}
