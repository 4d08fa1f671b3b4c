import { type BulkDeletes, bulkChannels, deleteLoads, deleteRequests, fullWindows } from './bulk-choice.ts';
import { CHANNEL_WINDOWS, GLOBAL_WINDOW } from './limits.ts';
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

/** A message to be shown or deleted. */
export interface EstimateJob {
  readonly channelId: string;
  readonly messageId: string | null;
}

/**
 * How long it takes to show these polls, or to delete their messages. `now` tells old messages from new ones.
 *
 * minimum = max((⌈N/50⌉−1)·1 s, over the channels (⌈n/5⌉−1)·5 s and (⌈old/3⌉−1)·6 s), and likewise for posts and deletes:
 * the first window of each limit is free. `bulkDeletes` tells where many messages may be deleted by one request.
 */
export function estimate(
  jobs: readonly EstimateJob[],
  now: Date,
  kind: 'show' | 'delete' = 'show',
  bulkDeletes: BulkDeletes = () => null,
): Estimate {
  const { requests, channels } =
    kind === 'delete' ? deleting(jobs, now, bulkDeletes) : showing(jobs, now.getTime());
  let slowestChannelId: string | null = null;
  let slowestMs = 0;
  for (const [channelId, ms] of channels) {
    if (slowestChannelId === null || ms > slowestMs) {
      slowestChannelId = channelId;
      slowestMs = ms;
    }
  }
  const minimumMs = Math.max(fullWindows(requests, GLOBAL_WINDOW), slowestMs);
  const expectedMs =
    jobs.length === 0
      ? 0
      : Math.max(minimumMs * ROUND_TRIP_FACTOR, requests * PACE_INTERVAL_MS * PACE_FACTOR) + LAST_ANSWER_MS;
  return { minimumMs, expectedMs: Math.round(expectedMs), slowestChannelId, slowestMs };
}

/** Requests in all, and each channel's own minimum in ms. */
interface Work {
  readonly requests: number;
  readonly channels: ReadonlyMap<string, number>;
}

function showing(jobs: readonly EstimateJob[], now: number): Work {
  const channels = new Map<string, number>();
  for (const [channelId, inChannel] of Map.groupBy(jobs, (job) => job.channelId)) {
    const kinds = inChannel.map((job) => showingKind(job.messageId, now));
    const counted = (...wanted: RequestKind[]) => kinds.filter((kind) => wanted.includes(kind)).length;
    const ms = Math.max(
      fullWindows(counted('post'), CHANNEL_WINDOWS.post),
      // Edits of old messages use up the limit of the others too.
      fullWindows(counted('edit', 'edit-old'), CHANNEL_WINDOWS.edit),
      fullWindows(counted('edit-old'), CHANNEL_WINDOWS['edit-old']),
    );
    channels.set(channelId, ms);
  }
  return { requests: jobs.length, channels };
}

function deleting(jobs: readonly EstimateJob[], now: Date, bulkDeletes: BulkDeletes): Work {
  const loads = deleteLoads(jobs, now.getTime(), bulkDeletes);
  const bulk = bulkChannels(loads);
  const plans = loads.map((load) => ({ ...load, ...deleteRequests(load, bulk.has(load.channelId)) }));
  const callsIn = (serverId: string | null) =>
    plans.filter((plan) => plan.serverId === serverId).reduce((sum, plan) => sum + plan.calls, 0);
  const channels = plans.map(({ channelId, serverId, calls, singles }): [string, number] => [
    channelId,
    Math.max(
      fullWindows(singles, CHANNEL_WINDOWS.delete),
      calls === 0 ? 0 : fullWindows(callsIn(serverId), CHANNEL_WINDOWS['bulk-delete']),
    ),
  ]);
  const requests = plans.reduce((sum, { calls, singles }) => sum + calls + singles, 0);
  return { requests, channels: new Map(channels) };
}
