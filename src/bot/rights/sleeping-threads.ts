import type { Client } from 'discord.js';
import type { Clock } from '../../base/clock.ts';
import { within } from '../../base/within.ts';
import type { Servers } from './servers.ts';

export interface ThreadPlace {
  readonly channelId: string;
  readonly serverId: string;
}

/** How many are asked for at most: each is a request, and somebody waits. */
const askedAtMost = 10;
const withinMs = 1_500;

/**
 * Learns of sleeping threads. The gateway does not tell of them, so to this process they look as if they were gone.
 * What cannot be had (deleted, no access, Discord too slow) still looks so afterwards.
 */
export async function learnThreads(
  client: Client,
  servers: Pick<Servers, 'channelAccess'>,
  places: Iterable<ThreadPlace>,
  clock: Clock,
): Promise<void> {
  const unknown = new Set<string>();
  for (const { channelId, serverId } of places) {
    if (unknown.size < askedAtMost && servers.channelAccess(channelId, serverId) === 'gone')
      unknown.add(channelId);
  }
  if (unknown.size === 0) return;
  // A channel that Discord refuses to show stays unknown. That is all there is to know.
  const asked = [...unknown].map((id) => client.channels.fetch(id).catch(() => null));
  await within(clock, withinMs, Promise.all(asked), null);
}
