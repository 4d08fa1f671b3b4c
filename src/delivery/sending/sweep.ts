import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Db } from '../../db/schema.ts';
import type { DeliveryJob } from '../delivery-batch.ts';
import type { Limits } from '../pace/limits.ts';
import { overdue } from './delivery-store.ts';

const everyMs = 10_000;
/** Enough to keep every lane busy until the next round. */
const atOnce = 1_000;

export interface SweepParts {
  readonly db: Db;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * At once and every 10 s hands polls whose message is behind to `show`, some of each channel: whatever a crash, an outage or a lost wake-up
 * left undone is healed here. Returns when `signal` aborts. A round that fails is logged; the next one tries again.
 */
export async function sweep(
  { db, limits, clock, log }: SweepParts,
  show: (job: DeliveryJob) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const held = limits.heldMessages(clock.monotonic());
      for (const job of await overdue(db, atOnce, held)) show(job);
    } catch (error) {
      log.error({ err: error }, 'looking for polls whose messages are behind failed');
    }
    await clock.sleep(everyMs, signal);
  }
}
