import { type RequestKind, showingKind } from '../request-kind.ts';
import { type BulkDeletes, bulkDeleteChannels, deleteLoads, deleteRequests } from './bulk-delete-choice.ts';
import { leastTime, type PlaceLoads } from './least-time.ts';
import { channelWindows } from './rate-limits.ts';
import { paceIntervalMs } from './start-window.ts';

export interface Estimate {
  /** The least time, in ms: by Discord's limits no bot can be faster. */
  readonly minimumMs: number;
  /** What to expect with the pace and the round trips, in ms. */
  readonly expectedMs: number;
  /** The channel that takes longest; null if there is nothing to do. */
  readonly slowestChannelId: string | null;
  readonly slowestMs: number;
}

/** Measured: a window opens a little later than it could, because of round trips and clocks that tick apart. */
const windowFactor = 1.02;
const lastAnswerMs = 300;

/** A message to show or to delete. */
export interface EstimateJob {
  readonly channelId: string;
  readonly messageId: string | null;
}

export interface EstimateOptions {
  /** Default: `show`. */
  readonly kind?: 'show' | 'delete';
  /** Where one request may delete many messages. Default: nowhere. */
  readonly bulkDeletes?: BulkDeletes | undefined;
  /**
   * By channel, how many polls each other operation has waiting there. Operations take turns, so of each other one only as
   * many count as there are own polls. Default: none.
   */
  readonly ahead?: ReadonlyMap<string, readonly number[]>;
}

/** How long it takes to show these polls, or to delete their messages. `now` tells old messages from new ones. */
export function estimate(
  jobs: readonly EstimateJob[],
  now: Date,
  { kind = 'show', bulkDeletes = () => null, ahead = new Map() }: EstimateOptions = {},
): Estimate {
  const places = kind === 'delete' ? deleting(jobs, now, bulkDeletes) : showing(jobs, now.getTime());
  let slowest: { readonly channelId: string; readonly ms: number } | null = null;
  for (const { channelIds, loads } of places) {
    const ms = leastTime([loads]);
    const [channelId] = channelIds;
    if (channelId !== undefined && (slowest === null || ms > slowest.ms)) slowest = { channelId, ms };
  }
  const shared = places.map(({ channelIds, loads }) => withOthers(loads, channelIds, ahead));
  const expectedMs = leastTime(shared, (requests) => requests * paceIntervalMs) * windowFactor;
  return {
    minimumMs: leastTime(places.map(({ loads }) => loads)),
    expectedMs: jobs.length === 0 ? 0 : Math.round(expectedMs + lastAnswerMs),
    slowestChannelId: slowest?.channelId ?? null,
    slowestMs: slowest?.ms ?? 0,
  };
}

/** Limits, and the channels whose messages count against them, the fullest first. */
interface Place {
  readonly channelIds: readonly string[];
  readonly loads: PlaceLoads;
}

function withOthers(
  loads: PlaceLoads,
  channelIds: readonly string[],
  ahead: ReadonlyMap<string, readonly number[]>,
): PlaceLoads {
  const others = channelIds.flatMap((channelId) => ahead.get(channelId) ?? []);
  return loads.map((group) =>
    group.map(({ requests, window }) => ({
      requests: requests + others.reduce((sum, count) => sum + Math.min(count, requests), 0),
      window,
    })),
  );
}

function showing(jobs: readonly EstimateJob[], now: number): Place[] {
  return [...Map.groupBy(jobs, (job) => job.channelId)].map(([channelId, inChannel]) => {
    const kinds = inChannel.map((job) => showingKind(job.messageId, now));
    const load = (window: RequestKind, ...wanted: RequestKind[]) => ({
      requests: kinds.filter((kind) => wanted.includes(kind)).length,
      window: channelWindows[window],
    });
    const loads = [
      [load('post', 'post')],
      // Edits of old messages use up the limit of the others too.
      [load('edit', 'edit', 'edit-old'), load('edit-old', 'edit-old')],
    ];
    return { channelIds: [channelId], loads };
  });
}

function deleting(jobs: readonly EstimateJob[], now: Date, bulkDeletes: BulkDeletes): Place[] {
  const loads = deleteLoads(jobs, now.getTime(), bulkDeletes);
  const channels = bulkDeleteChannels(loads);
  const plans = loads.map((load) => ({ ...load, ...deleteRequests(load, channels.has(load.channelId)) }));
  const singles = plans.map(({ channelId, singles: requests }) => ({
    channelIds: [channelId],
    loads: [[{ requests, window: channelWindows.delete }]],
  }));
  // Bulk deletes of a server share one limit.
  const together = [...Map.groupBy(plans, ({ serverId }) => serverId).values()].map((inServer) => ({
    channelIds: inServer
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.calls - a.calls)
      .map(({ channelId }) => channelId),
    loads: [
      [
        {
          requests: inServer.reduce((sum, { calls }) => sum + calls, 0),
          window: channelWindows['bulk-delete'],
        },
      ],
    ],
  }));
  return [...singles, ...together];
}
