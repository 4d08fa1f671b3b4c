import { type Clock, systemClock } from '../../base/clock.ts';
import { databaseFault } from './database-fault.ts';

/** How long to wait for a database that is away, in ms: a restart or a failover takes some seconds. */
export const patienceMs = 20_000;
const maxConflicts = 5;
const firstPauseMs = 10;
const longestPauseMs = 1_000;

/**
 * Repeats `attempt` while the database is away, for up to `patience` milliseconds, and at most 5 times if the server
 * gave it up in favour of others. An attempt whose answer was lost may have been carried out, so it must be harmless
 * to do it again. Throws what the last attempt threw.
 */
export async function repeated<T>(
  attempt: () => Promise<T>,
  patience: number = patienceMs,
  clock: Clock = systemClock,
): Promise<T> {
  const started = clock.monotonic();
  let conflicts = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      const fault = databaseFault(error);
      if (fault === null) throw error;
      if (fault === 'conflict') conflicts += 1;
      if (conflicts >= maxConflicts || clock.monotonic() - started + pauseMs > patience) throw error;
    }
    await clock.sleep(pauseMs);
  }
}
