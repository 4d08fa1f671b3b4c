import type { Client } from 'discord.js';
import type { Clock } from '../../base/clock.ts';
import { counted } from '../../base/display/plural.ts';
import { CannotStart, inShort } from '../../base/errors.ts';
import { worthWaitingMs } from './discord-hiccup.ts';

/** How often it looks, in milliseconds. */
const lookMs = 1_000;

/**
 * Resolves with why the start ends, once the gateway at `url` has let no further shard in for as long as is worth
 * waiting, counted from now. Resolves with null when `over` aborts. Shards identify one after the other, at least 5 s
 * apart (https://discord.com/developers/docs/events/gateway#sharding-max-concurrency). So each shard that becomes
 * ready for the first time begins the wait anew.
 */
export async function gatewayRefusal(
  client: Client,
  url: string,
  clock: Clock,
  over: AbortSignal,
): Promise<CannotStart | null> {
  const ready = new Set<number>();
  let since = clock.monotonic();
  let last: Error | null = null;
  const progress = (shard: number) => {
    if (!ready.has(shard)) since = clock.monotonic();
    ready.add(shard);
  };
  const note = (error: Error) => {
    last = error;
  };
  client.on('shardReady', progress).on('shardError', note);
  try {
    while (!over.aborted) {
      const waitedMs = clock.monotonic() - since;
      const leftMs = worthWaitingMs(last) - waitedMs;
      if (leftMs <= 0) return refusal(url, waitedMs, last, ready.size);
      await clock.sleep(Math.min(leftMs, lookMs), over);
    }
    return null;
  } finally {
    client.off('shardReady', progress).off('shardError', note);
  }
}

function refusal(url: string, waitedMs: number, last: Error | null, ready: number): CannotStart {
  const seconds = Math.round(waitedMs / 1000);
  const happened =
    ready === 0
      ? `its API answers, but no connection to its gateway at ${new URL(url).host} came about in ${seconds} s`
      : `after ${counted(ready, 'shard')} its gateway at ${new URL(url).host} let no other in for ${seconds} s`;
  return new CannotStart(
    `Cannot connect to Discord: ${happened} (${last === null ? 'it takes connections and lets none in' : inShort(last)}). ` +
      'Let WebSocket connections to that host through firewalls and proxies; see also https://discordstatus.com.',
    { cause: last },
  );
}
