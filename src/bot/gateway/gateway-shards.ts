import { type ClientOptions, SimpleShardingStrategy } from 'discord.js';

type BuildStrategy = NonNullable<NonNullable<ClientOptions['ws']>['buildStrategy']>;

/** How long a connection that ends may take to say goodbye, in milliseconds; `ws` waits for 30 s. */
const closeMs = 2_000;

/** Shards as discord.js runs them by itself. These also report every network error, and end at once. */
export const gatewayShards: BuildStrategy = (manager) => {
  const strategy = new SimpleShardingStrategy(manager);
  const spawn = strategy.spawn.bind(strategy);
  strategy.spawn = async (ids) => {
    await spawn(ids);
    for (const [shardId, shard] of shardsOf(strategy)) {
      reportErrors(shard, (error) => manager.emit('error', { error, shardId }));
      endAtOnce(shard);
    }
  };
  return strategy;
};

/**
 * Reports the errors that `WebSocketShard.onError` (@discordjs/ws 1.2) keeps to itself: ECONNREFUSED, ECONNRESET,
 * ETIMEDOUT and EAI_AGAIN. Without that nobody learns why a gateway cannot be reached. They do not go to the shard:
 * an `error` of its own ends its first `connect`.
 */
function reportErrors(shard: Shard, report: (error: Error) => void): void {
  const onError = shard.onError.bind(shard);
  shard.onError = (error) => {
    let reported = false;
    const note = () => {
      reported = true;
    };
    shard.once('error', note);
    onError(error);
    shard.off('error', note);
    if (!reported) report(error);
  };
}

/**
 * Makes a shard end at once. `WebSocketShard.destroy` (@discordjs/ws 1.2) does not end a shard that is not connected:
 * - A shard that waits for `hello` destroys itself once more in order to reconnect, so the first call never returns.
 * - A shard between two tries goes on trying.
 * - A connection that is not open yet is left alone, and its failure ends the process as an error without a listener.
 * - An open connection is waited for until the other side has closed it too, even if that says nothing.
 */
function endAtOnce(shard: Shard): void {
  let over = false;
  const destroy = shard.destroy.bind(shard);
  const internalConnect = shard.internalConnect.bind(shard);
  shard.internalConnect = async () => {
    if (!over) await internalConnect();
  };
  shard.destroy = async (options = {}) => {
    if (over) return;
    over = options.recover === undefined;
    const { connection } = shard;
    if (!over || connection === null) return await destroy(options);
    const limit = setTimeout(() => connection.terminate(), closeMs);
    await destroy(options);
    clearTimeout(limit);
    if (connection.readyState !== connection.CONNECTING) return;
    connection.on('error', () => {
      // The error says that it was abandoned.
    });
    connection.terminate();
  };
}

/** What `SimpleShardingStrategy` (@discordjs/ws 1.2) keeps private. Throws if another version has no such shards. */
function shardsOf(strategy: SimpleShardingStrategy): ReadonlyMap<number, Shard> {
  // biome-ignore lint/complexity/useLiteralKeys: it is private, and TypeScript allows only this way.
  const shards: ReadonlyMap<number, Shard> = strategy['shards'];
  for (const shard of shards.values()) {
    const missing = privateMembers.find((name) => shard[name] === undefined);
    if (missing !== undefined) throw new Error(`WebSocketShard of @discordjs/ws has no ${missing} any more`);
  }
  return shards;
}

const privateMembers = ['connection', 'onError', 'internalConnect'] as const;

/** A `WebSocketShard`, with what it keeps private. */
interface Shard {
  readonly connection: Connection | null;
  onError(error: Error): void;
  internalConnect(): Promise<void>;
  destroy(options?: { readonly recover?: number }): Promise<void>;
  once(event: 'error', listener: () => void): void;
  off(event: 'error', listener: () => void): void;
}

interface Connection {
  readonly readyState: number;
  readonly CONNECTING: number;
  on(event: 'error', listener: () => void): void;
  terminate(): void;
}
