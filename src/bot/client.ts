import { Client, GatewayIntentBits, Options, type RESTOptions } from 'discord.js';
import type { Logger } from '../log.ts';

export interface ClientParts {
  readonly rest: Partial<RESTOptions>;
  /** Null: all the shards that Discord recommends. */
  readonly shards: { readonly count: number | null; readonly ids: readonly number[] | null };
  readonly log: Logger;
}

/** Discord cannot be used as configured. The message is for whoever starts the process; it holds no token. */
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused';
}

/**
 * The gateway connection. It keeps servers, channels and roles, which tell where the bot may write, and next to nothing
 * else: whatever matters about polls is in the database.
 */
export function createClient({ rest, shards, log }: ClientParts): Client {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    allowedMentions: { parse: [] },
    rest,
    ...shardOptions(shards),
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

/** Resolves when the shards are connected. Throws `LoginRefused` with what to do about it. */
export async function connect(client: Client, token: string): Promise<void> {
  const ready = new Promise<void>((resolve) => {
    client.once('clientReady', () => resolve());
  });
  try {
    await client.login(token);
  } catch (error) {
    throw new LoginRefused(loginProblem(error), { cause: error });
  }
  await ready;
}

/** Calls back when a shard was closed for a reason that no reconnect can heal, such as a token that was revoked. */
export function onLost(client: Client, lost: (reason: string) => void): void {
  client.on('shardDisconnect', ({ code }, shard) =>
    lost(closeReasons[code] ?? `shard ${shard} was closed with code ${code}`),
  );
  client.on('invalidated', () => lost('Discord invalidated the session'));
}

function shardOptions({ count, ids }: ClientParts['shards']) {
  if (count === null && ids === null) return { shards: 'auto' as const };
  const shardCount = count ?? (ids ?? [0]).length;
  return { shardCount, shards: ids ? [...ids] : Array.from({ length: shardCount }, (_, id) => id) };
}

function logGateway(client: Client, log: Logger): void {
  client.on('error', (error) => log.error({ err: error }, 'the Discord client reports an error'));
  client.on('warn', (message) => log.warn({ message }, 'the Discord client warns'));
  client.on('shardReady', (shard) => log.info({ shard }, 'shard connected'));
  client.on('shardResume', (shard) => log.info({ shard }, 'shard resumed'));
  client.on('shardReconnecting', (shard) => log.warn({ shard }, 'shard reconnecting'));
  client.on('shardError', (error, shard) => log.warn({ err: error, shard }, 'shard error'));
  client.on('shardDisconnect', ({ code }, shard) => log.error({ shard, code }, 'shard closed for good'));
}

function loginProblem(error: unknown): string {
  const { code, status, message } = error as { code?: unknown; status?: unknown; message?: unknown };
  if (code === 'TokenInvalid' || status === 401) {
    return 'Discord refuses the token. Set DISCORD_TOKEN to the token of the bot (Developer Portal, Bot, Reset Token).';
  }
  if (typeof status === 'number') return `Discord answered the login with ${status}. Try again later.`;
  return `Cannot connect to Discord: ${String(message ?? error)}. Check the network and DISCORD_API_URL.`;
}

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
const closeReasons: Readonly<Record<number, string>> = {
  4004: 'Discord refuses the token (DISCORD_TOKEN)',
  4010: 'Discord refuses the shard (SHARD_IDS, SHARD_COUNT)',
  4011: 'the bot is in too many servers for this number of shards (SHARD_COUNT)',
  4014: 'Discord refuses the intents of the bot',
};
