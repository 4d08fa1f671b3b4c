import { Client, type CloseEvent, GatewayIntentBits, Options, type RESTOptions } from 'discord.js';
import { CannotStart } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { PatienceParts } from '../../base/patience.ts';
import { askForGateway } from './ask-for-gateway.ts';
import { discordRefusal } from './discord-hiccup.ts';
import { logGateway } from './gateway-log.ts';
import { gatewayRefusal } from './gateway-refusal.ts';
import { gatewayShards } from './gateway-shards.ts';

export interface ClientParts {
  readonly rest: Partial<RESTOptions>;
  /** Null: all the shards that Discord recommends. */
  readonly shards: { readonly count: number | null; readonly ids: readonly number[] | null };
  readonly log: Logger;
}

/**
 * The gateway connection. It keeps servers, channels and roles, which tell where the bot may write, and almost
 * nothing else: whatever matters about polls is in the database.
 */
export function createClient({ rest, shards, log }: ClientParts): Client {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    allowedMentions: { parse: [] },
    rest,
    ...shardOptions(shards),
    ws: { buildStrategy: gatewayShards },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      ReactionManager: 0,
      PresenceManager: 0,
      VoiceStateManager: 0,
      GuildEmojiManager: 0,
      GuildStickerManager: 0,
      ThreadMemberManager: 0,
      GuildMemberManager: { maxSize: 200, keepOverLimit: (member) => member.id === member.client.user.id },
      UserManager: { maxSize: 200, keepOverLimit: (user) => user.id === user.client.user.id },
    }),
  });
  logGateway(client, log);
  return client;
}

/**
 * Resolves when the shards are connected. If Discord hiccups, it is asked for its gateway again. The shards then try
 * by themselves, for as long as a start waits for Discord. Throws `CannotStart`, with what to do, if nothing of that
 * helps.
 *
 * It does not use `client.login`, which ends the whole client at the first error, even while its shards are trying
 * again.
 */
export async function connect(client: Client, token: string, parts: PatienceParts): Promise<void> {
  const trouble = new Set<unknown>();
  const note = (error: unknown) => trouble.add(error);
  client.token = token;
  client.rest.setToken(token);
  const over = new AbortController();
  const { promise: refused, reject: refuse } = Promise.withResolvers<never>();
  const enough = AbortSignal.any([over.signal, parts.stopping]);
  askForGateway(client, parts, (url) => {
    gatewayRefusal(client, url, parts.clock, enough).then((reason) => reason && refuse(reason), refuse);
  });
  const { promise: closed, reject: close } = Promise.withResolvers<never>();
  const end = ({ code }: CloseEvent) =>
    close(new CannotStart(`Cannot connect to Discord: ${closeReason(code)}.`));
  const ready = new Promise<void>((resolve) => client.once('clientReady', () => resolve()));
  client.on('shardError', note).on('shardDisconnect', end);
  try {
    // biome-ignore lint/complexity/useLiteralKeys: it is private, and TypeScript allows only this way.
    const connecting = client.ws['connect']();
    // A shard mends by itself what it reported.
    await Promise.race([connecting, closed, refused]).catch((error: unknown) => {
      if (!trouble.has(error)) throw error;
    });
    await Promise.race([ready, closed, refused]);
  } catch (error) {
    throw discordRefusal('Cannot connect to Discord', error);
  } finally {
    over.abort();
    client.off('shardError', note).off('shardDisconnect', end);
  }
}

/** Ends the connection. Nothing more is logged of it. */
export async function disconnect(client: Client): Promise<void> {
  for (const event of ['shardReconnecting', 'shardDisconnect', 'shardError', 'warn'] as const) {
    client.removeAllListeners(event);
  }
  await client.destroy();
}

/** Calls back when a shard was closed for a reason that no reconnect can heal, such as a revoked token. */
export function onLost(client: Client, lost: (reason: string) => void): void {
  client.on('shardDisconnect', ({ code }, shard) => lost(`shard ${shard}: ${closeReason(code)}`));
  client.on('invalidated', () => lost('Discord invalidated the session'));
}

function shardOptions({ count, ids }: ClientParts['shards']) {
  if (count === null && ids === null) return { shards: 'auto' as const };
  const shardCount = count ?? (ids ?? [0]).length;
  return { shardCount, shards: ids ? [...ids] : Array.from({ length: shardCount }, (_, id) => id) };
}

function closeReason(code: number): string {
  return closeReasons[code] ?? `Discord closed the connection with code ${code}`;
}

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
const closeReasons: Readonly<Record<number, string>> = {
  4004: 'Discord refuses the token: set DISCORD_TOKEN to the token of the bot',
  4010: 'Discord refuses the shard: correct SHARD_IDS and SHARD_COUNT',
  4011: 'the bot is in too many servers for so few shards: raise SHARD_COUNT, or leave it unset',
  4014: 'Discord refuses the intents of the bot',
};
