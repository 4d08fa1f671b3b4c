import type { Clock } from './clock.ts';

/**
 * What `work` resolves with; or `late` if that takes longer than `ms` by the clock. The work is not stopped: it goes
 * on, and nobody waits for it. Rejects as the work does, if that happens in time.
 */
export async function within<T, L>(clock: Clock, ms: number, work: Promise<T>, late: L): Promise<T | L> {
  const over = new AbortController();
  try {
    return await Promise.race([work, clock.sleep(ms, over.signal).then(() => late)]);
  } finally {
    over.abort();
  }
}
