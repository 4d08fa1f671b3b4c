import type { Clock } from '../clock.ts';
import type { Db } from '../db/schema.ts';
import type { Logger } from '../log.ts';
import type { DeliveryJob } from './delivery-batch.ts';
import { overdue } from './delivery-store.ts';

const EVERY_MS = 10_000;
/** Enough to keep every lane busy until the next round. */
const AT_ONCE = 1_000;

/**
 * At once and every 10 s hands polls whose message is behind to `show`, some of each channel: whatever a crash, an outage or a lost wake-up
 * left undone is healed here. Returns when `signal` aborts. A round that fails is logged; the next one tries again.
 */
export async function sweep(
  { db, clock, log }: { readonly db: Db; readonly clock: Clock; readonly log: Logger },
  show: (job: DeliveryJob) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const job of await overdue(db, AT_ONCE)) show(job);
    } catch (error) {
      log.error({ err: error }, 'looking for polls whose messages are behind failed');
    }
    await clock.sleep(EVERY_MS, signal);
  }
}
