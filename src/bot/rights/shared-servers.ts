import type { Client, Guild } from 'discord.js';
import type { Clock } from '../../base/clock.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { Service } from '../../base/service.ts';
import type { Db } from '../../db/schema.ts';
import type { Scope } from '../../polls/scope.ts';
import {
  allServers,
  forgetOtherServers,
  forgetServer,
  noteServers,
  type Server,
  searchServers,
} from '../../polls/server-store.ts';
import type { Choice } from '../handlers.ts';

/** How old a name from another process's shards may be, in ms. */
const everyMs = 60_000;
const notShared = 'the names of servers could not be shared; it is tried again';

export interface SharedServersParts {
  readonly db: Db;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The servers of all processes' shards, for a bot whose shards are spread over several processes. Discord tells each
 * process of its own servers only, so each writes them down for the others. If a lost statement leaves something
 * wrong, the next round corrects it.
 */
export class SharedServers implements Service {
  readonly #parts: SharedServersParts;
  readonly #loop: Loop;
  #names = new Map<string, string>();

  constructor(parts: SharedServersParts) {
    this.#parts = parts;
    const { client, clock, log } = parts;
    this.#loop = new Loop({
      clock,
      log,
      turn: async () => {
        await this.#exchange();
        return everyMs;
      },
      afterErrorMs: everyMs,
      failed: notShared,
      level: () => 'warn',
    });
    const tell = (guild: Guild) => void this.#noting(() => noteServers(parts.db, named([guild])));
    client.on('guildCreate', tell);
    client.on('guildUpdate', (_before, guild) => tell(guild));
    client.on('guildDelete', ({ id }) => void this.#noting(() => forgetServer(parts.db, id)));
  }

  /** To be called after the client is connected. */
  async start(): Promise<void> {
    await this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** The server's name, at most a minute old; null: the bot is not in it. */
  name(serverId: string): string | null {
    return this.#parts.client.guilds.cache.get(serverId)?.name ?? this.#names.get(serverId) ?? null;
  }

  /** For autocomplete: servers in scope whose name contains `text` or whose id starts with it. */
  async search(scope: Scope, text: string): Promise<Choice[]> {
    const found = await searchServers(this.#parts.db, scope, text, discordLimits.choices);
    // What is suggested is known when it is chosen.
    for (const { id, name } of found) this.#names.set(id, name);
    return found.map(({ id, name }) => ({ name, value: id }));
  }

  async #exchange(): Promise<void> {
    const { db, client } = this.#parts;
    const own = [...client.guilds.cache.values()];
    await noteServers(db, named(own));
    const shards = { count: client.options.shardCount ?? 1, ids: [...client.ws.shards.keys()] };
    const present = own.map(({ id }) => id);
    await forgetOtherServers(db, shards, present);
    this.#names = new Map((await allServers(db)).map(({ id, name }) => [id, name]));
  }

  async #noting(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn({ err: error }, notShared);
    }
  }
}

/** The servers without those that Discord has not told about yet: they have no name. */
function named(guilds: readonly Guild[]): Server[] {
  return guilds.filter(({ name }) => name).map(({ id, name }) => ({ id, name }));
}
