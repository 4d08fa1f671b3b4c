import type { Clock } from '../../base/clock.ts';
import type { Sent } from './messages.ts';

/** For how long, and with which pauses, something is sent again. The pauses are 0.5, 1, 2, 4, 8, then 15 s. */
export interface Persistence {
  /** How often it is sent at most. Default: until Discord takes or refuses it. */
  readonly tries?: number;
  /** The longest pause, in milliseconds, even if Discord asks for more. Default: as long as Discord asks for. */
  readonly longestPauseMs?: number;
  /** Ends it: nothing more is sent, and the pause under way is cut short. */
  readonly stopping?: AbortSignal;
  /** Whether an answer means that it is worth sending again. Default: Discord's "not now". */
  readonly isWorthRepeating?: (sent: Sent) => boolean;
}

const firstPauseMs = 500;
const pausesGrowToMs = 15_000;

/**
 * Sends until Discord takes or refuses it. `send` is called anew for each try, so it sends what is true then. Returns the last
 * answer. `retry`: the tries are used up, or it was stopped.
 */
export async function sendUntilTaken(
  clock: Clock,
  send: () => Promise<Sent>,
  persistence: Persistence = {},
): Promise<Sent> {
  const {
    tries = Number.POSITIVE_INFINITY,
    longestPauseMs = Number.POSITIVE_INFINITY,
    stopping,
  } = persistence;
  const { isWorthRepeating = isNotNow } = persistence;
  let pauseMs = firstPauseMs;
  for (let tried = 1; !stopping?.aborted; tried += 1) {
    const sent = await send();
    if (!isWorthRepeating(sent) || tried >= tries) return sent;
    const askedMs = sent.type === 'retry' ? sent.afterMs : 0;
    await clock.sleep(Math.min(Math.max(pauseMs, askedMs), longestPauseMs), stopping);
    pauseMs = Math.min(pauseMs * 2, pausesGrowToMs);
  }
  return stopped;
}

const stopped: Sent = { type: 'retry', afterMs: 0, reason: 'this process stops' };

function isNotNow(sent: Sent): boolean {
  return sent.type === 'retry';
}
