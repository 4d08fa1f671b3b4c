import { CHANNEL_WINDOWS, GLOBAL_WINDOW, type Window } from './limits.ts';
import { PACE_INTERVAL_MS } from './pace.ts';
import { type RequestKind, showingKind } from './request-kind.ts';

export interface Estimate {
  /** No bot can be faster, by Discord's limits. */
  readonly minimumMs: number;
  /** What to expect with the pace and the round trips. */
  readonly expectedMs: number;
  /** The channel that takes longest, and its own minimum. Null where there is nothing to do. */
  readonly slowestChannelId: string | null;
  readonly slowestMs: number;
}

/** Measured: round trips at the end of each window cost about a twentieth. */
const ROUND_TRIP_FACTOR = 1.05;
/** Measured: where the pace binds, lanes that wait for their window leave about a tenth of its slots unused. */
const PACE_FACTOR = 1.1;
const LAST_ANSWER_MS = 300;

/**
 * How long it takes to show these polls. `now` tells old messages from new ones.
 *
 * minimum = max((⌈N/50⌉−1)·1 s, over the channels (⌈n/5⌉−1)·5 s and (⌈old/3⌉−1)·6 s), and likewise for posts and deletes:
 * the first window of each limit is free.
 */
export function estimate(
  jobs: readonly { readonly channelId: string; readonly messageId: string | null }[],
  now: Date,
  kind: 'show' | 'delete' = 'show',
): Estimate {
  const channels = new Map<string, Record<RequestKind, number>>();
  for (const { channelId, messageId } of jobs) {
    const counts = channels.get(channelId) ?? { post: 0, edit: 0, 'edit-old': 0, delete: 0 };
    channels.set(channelId, counts);
    const request = kind === 'delete' ? 'delete' : showingKind(messageId, now.getTime());
    counts[request] += 1;
    if (request === 'edit-old') counts.edit += 1;
  }
  let slowestChannelId: string | null = null;
  let slowestMs = 0;
  for (const [channelId, counts] of channels) {
    const ms = Math.max(
      ...Object.entries(counts).map(([name, n]) => fullWindows(n, CHANNEL_WINDOWS[name as RequestKind])),
    );
    if (slowestChannelId === null || ms > slowestMs) {
      slowestChannelId = channelId;
      slowestMs = ms;
    }
  }
  const minimumMs = Math.max(fullWindows(jobs.length, GLOBAL_WINDOW), slowestMs);
  const expectedMs =
    jobs.length === 0
      ? 0
      : Math.max(minimumMs * ROUND_TRIP_FACTOR, jobs.length * PACE_INTERVAL_MS * PACE_FACTOR) +
        LAST_ANSWER_MS;
  return { minimumMs, expectedMs: Math.round(expectedMs), slowestChannelId, slowestMs };
}

function fullWindows(requests: number, window: Window): number {
  return Math.max(0, Math.ceil(requests / window.requests) - 1) * window.windowMs;
}
