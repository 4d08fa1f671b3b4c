import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

/** An error that may pass by itself. */
export interface Hiccup {
  /** What it is, for the log. */
  readonly reason: string;
  /** For how long it is worth trying, counted from the first try, in milliseconds. */
  readonly patienceMs: number;
  /** The least pause before the next try, in milliseconds. Default: by the number of tries. */
  readonly afterMs?: number;
}

export interface PatienceParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the waiting. Then the last error is thrown. */
  readonly stopping: AbortSignal;
}

const firstPauseMs = 1_000;
const longestPauseMs = 15_000;

/**
 * Does `work` again as long as its error may pass by itself, after pauses of 1, 2, 4, 8, then 15 s. Throws the last
 * error. `trying` names it in the log: `connecting to Discord`.
 */
export async function patiently<T>(
  trying: string,
  work: () => Promise<T>,
  hiccupOf: (error: unknown) => Hiccup | null,
  { clock, log, stopping }: PatienceParts,
): Promise<T> {
  const since = clock.monotonic();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work();
    } catch (error) {
      const hiccup = hiccupOf(error);
      const inMs = Math.max(pauseMs, hiccup?.afterMs ?? 0);
      if (hiccup === null || stopping.aborted || clock.monotonic() - since + inMs > hiccup.patienceMs)
        throw error;
      log.warn({ reason: hiccup.reason, inMs }, `${trying} did not work out; trying again`);
      await clock.sleep(inMs, stopping);
    }
  }
}
