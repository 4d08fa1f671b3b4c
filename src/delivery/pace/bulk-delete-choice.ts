import { discordLimits } from '../../base/display/discord-limits.ts';
import { youngEnough } from '../request-kind.ts';
import { fullWindows } from './least-time.ts';
import { channelWindows } from './rate-limits.ts';
import { paceIntervalMs } from './start-window.ts';

/**
 * The server of a channel in which the bot may delete many messages at once; null if it may not, or if nobody knows.
 */
export type BulkDeletes = (channelId: string) => string | null;

/** What is to be deleted in one channel. */
export interface DeleteLoad {
  readonly channelId: string;
  /** The server, whose bulk deletes share one limit; null: none are possible. */
  readonly serverId: string | null;
  /** How many messages are young enough for a bulk delete. */
  readonly young: number;
  readonly old: number;
}

/** Sorts the messages of `jobs` by channel and age. `now` in ms. */
export function deleteLoads(
  jobs: readonly { readonly channelId: string; readonly messageId: string | null }[],
  now: number,
  bulkDeletes: BulkDeletes,
): DeleteLoad[] {
  return [...Map.groupBy(jobs, (job) => job.channelId)].map(([channelId, inChannel]) => {
    const young = inChannel.filter(({ messageId }) => messageId !== null && youngEnough(messageId, now));
    // If there is no message, there is no request.
    const none = inChannel.filter(({ messageId }) => messageId === null);
    return {
      channelId,
      serverId: bulkDeletes(channelId),
      young: young.length,
      old: inChannel.length - young.length - none.length,
    };
  });
}

/**
 * The channels whose young messages are better deleted many at once. A bulk delete takes 100 messages, but only one
 * such request a second is allowed in the whole server; single deletes go five a second in each channel. So the
 * fullest channels of a server take bulk deletes: as many channels as make the server end soonest.
 */
export function bulkDeleteChannels(loads: readonly DeleteLoad[]): ReadonlySet<string> {
  const chosen = new Set<string>();
  for (const [serverId, inServer] of Map.groupBy(loads, (load) => load.serverId)) {
    if (serverId === null) continue;
    const fullest = inServer.filter((load) => load.young >= 2).sort((a, b) => b.young - a.young);
    let best = { ms: Number.POSITIVE_INFINITY, count: 0 };
    for (let count = 0; count <= fullest.length; count += 1) {
      const ms = serverMs(inServer, new Set(fullest.slice(0, count).map((load) => load.channelId)));
      // As soon, and with fewer requests.
      if (ms <= best.ms) best = { ms, count };
    }
    for (const { channelId } of fullest.slice(0, best.count)) chosen.add(channelId);
  }
  return chosen;
}

/** How many requests a channel's messages take: bulk deletes and single ones. */
export function deleteRequests(load: DeleteLoad, bulkDelete: boolean): { calls: number; singles: number } {
  if (!bulkDelete) return { calls: 0, singles: load.young + load.old };
  const rest = load.young % discordLimits.bulkDeleteMessages;
  // One message alone is no bulk delete: Discord wants two.
  const single = rest === 1 ? 1 : 0;
  return {
    calls: Math.ceil((load.young - single) / discordLimits.bulkDeleteMessages),
    singles: load.old + single,
  };
}

/** How long a server's deletes take by its limits and the pace, in ms. The first window of each limit is free. */
function serverMs(loads: readonly DeleteLoad[], bulkDeletes: ReadonlySet<string>): number {
  const requests = loads.map((load) => deleteRequests(load, bulkDeletes.has(load.channelId)));
  const calls = requests.reduce((sum, one) => sum + one.calls, 0);
  const singles = requests.reduce((sum, one) => sum + one.singles, 0);
  return Math.max(
    fullWindows(calls, channelWindows['bulk-delete']),
    ...requests.map((one) => fullWindows(one.singles, channelWindows.delete)),
    (calls + singles) * paceIntervalMs,
  );
}
