import { type Client, Status } from 'discord.js';

/** This process's shards by state, in words: `ready`, `reconnecting`, `disconnected` … */
export function shardStates(client: Client): Record<string, number> {
  const counts: Record<string, number> = { ready: 0 };
  for (const { status } of client.ws.shards.values()) {
    const state = (Status[status] ?? 'unknown').toLowerCase();
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

/** `ok` if every shard is connected; else what is wrong. */
export function gatewayState(client: Client): string {
  if (!client.isReady()) return 'not connected yet';
  const { ready, ...others } = shardStates(client);
  const wrong = Object.entries(others).map(([state, count]) => `${count} ${state}`);
  if (wrong.length > 0) return `of the shards, ${wrong.join(', ')}`;
  return ready === 0 ? 'no shard' : 'ok';
}
