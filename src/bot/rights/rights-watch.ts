import type { Client, Guild } from 'discord.js';
import type { Clock } from '../../base/clock.ts';
import type { Service } from '../../base/service.ts';
import type { Regained } from '../../delivery/rights.ts';
import { timedOutUntil } from './channel-permissions.ts';
import { type ChannelRights, compareRights } from './regained-rights.ts';

/**
 * The events that may change what the bot may do. They say where to look, not what changed: a new topic comes like a
 * new overwrite.
 */
const inChannel = ['CHANNEL_CREATE', 'CHANNEL_UPDATE', 'CHANNEL_DELETE', 'THREAD_CREATE', 'THREAD_UPDATE'];
const inServer = ['GUILD_ROLE_UPDATE', 'GUILD_ROLE_DELETE', 'THREAD_DELETE', 'THREAD_LIST_SYNC'];

/**
 * When to look after the end of a time-out, in ms. Discord's clock and ours differ, and a look too early would be the
 * last one.
 */
const marginsMs = [2_000, 60_000];
/** The longest sleep, in ms. Timers hold 24 days at most, and time-outs last up to 28. */
const longestSleepMs = 3_600_000;

interface Packet {
  readonly t: string | null;
  readonly d: { readonly id?: string; readonly guild_id?: string; readonly user?: { readonly id: string } };
}

interface Known {
  rights: ReadonlyMap<string, ChannelRights>;
  timedOut: boolean;
}

/**
 * Watches what the bot may do in each channel. Tells what came back, and nothing if nothing did: it compares with
 * what was known before, over gateway sessions and outages of servers too. A time-out ends without an event, so the
 * watch waits for its end.
 */
export class RightsWatch implements Service {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #regained: (serverId: string, regained: Regained) => void;
  readonly #known = new Map<string, Known>();
  /** Servers to look at: wholly (null), or in these channels. */
  readonly #due = new Map<string, Set<string> | null>();
  readonly #timeOuts = new Map<string, { readonly until: number; readonly stop: AbortController }>();

  /** `regained` is called if the bot has a right that it did not have, or of which nobody knew. */
  constructor(client: Client, clock: Clock, regained: (serverId: string, regained: Regained) => void) {
    this.#client = client;
    this.#clock = clock;
    this.#regained = regained;
  }

  /** To be called before the client connects. */
  async start(): Promise<void> {
    const client = this.#client;
    // Not discord.js's own events: it tells of no thread that it did not know, and a thread that wakes is one.
    client.on('raw', this.#hear);
    client.on('clientReady', this.#lookAtAll);
    client.on('guildCreate', this.#lookAt);
    client.on('guildAvailable', this.#lookAt);
    client.on('guildDelete', this.#forget);
  }

  async stop(): Promise<void> {
    const client = this.#client;
    client.off('raw', this.#hear).off('clientReady', this.#lookAtAll).off('guildDelete', this.#forget);
    client.off('guildCreate', this.#lookAt).off('guildAvailable', this.#lookAt);
    for (const { stop } of this.#timeOuts.values()) stop.abort();
  }

  readonly #hear = ({ t, d }: Packet): void => {
    if (t === null || d?.guild_id === undefined) return;
    if (inChannel.includes(t) && d.id !== undefined) this.#schedule(d.guild_id, d.id);
    if (inServer.includes(t) || (t === 'GUILD_MEMBER_UPDATE' && d.user?.id === this.#client.user?.id))
      this.#schedule(d.guild_id, null);
  };

  /** Goes server by server, so that thousands of them hold up nothing else. */
  readonly #lookAtAll = async (): Promise<void> => {
    for (const guild of [...this.#client.guilds.cache.values()]) {
      if (!this.#known.has(guild.id)) this.#look(guild, 'all');
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  readonly #lookAt = (guild: Guild): void => this.#look(guild, 'all');

  readonly #forget = ({ id }: Guild): void => {
    this.#known.delete(id);
    this.#timeOuts.get(id)?.stop.abort();
    this.#timeOuts.delete(id);
  };

  /** Waits a little: a packet is heard before discord.js has understood it, and many come at once. */
  #schedule(serverId: string, channelId: string | null): void {
    const waiting = this.#due.get(serverId);
    if (waiting === undefined) setImmediate(() => this.#lookAtDue(serverId));
    if (channelId === null || waiting === null) this.#due.set(serverId, null);
    else this.#due.set(serverId, (waiting ?? new Set()).add(channelId));
  }

  #lookAtDue(serverId: string): void {
    const channels = this.#due.get(serverId) ?? null;
    this.#due.delete(serverId);
    const guild = this.#client.guilds.cache.get(serverId);
    // Before it is ready, everything is looked at anyway.
    if (guild && this.#client.isReady()) this.#look(guild, channels ?? 'all');
  }

  /** `which`: these channels, or all. `all anew`: as if nothing had been known. */
  #look(guild: Guild, which: ReadonlySet<string> | 'all' | 'all anew'): void {
    const { me } = guild.members;
    if (!guild.available || !me) return;
    const now = this.#clock.now();
    const until = timedOutUntil(me, now);
    const before = this.#known.get(guild.id);
    // During a time-out Discord may have refused for other rights than those that are known to be gone.
    const over = before?.timedOut === true && until === null;
    const known = which === 'all anew' || over ? null : (before?.rights ?? null);
    const only = over || until !== null || typeof which === 'string' ? null : which;
    const { rights, regained } = compareRights(guild, known, only, now);
    this.#known.set(guild.id, { rights, timedOut: until !== null });
    if (until !== null && this.#timeOuts.get(guild.id)?.until !== until.getTime())
      void this.#awaitEnd(guild, until);
    if (regained) this.#regained(guild.id, regained);
  }

  /** Looks again when a time-out is over. If it is lifted before that, there is an event. */
  async #awaitEnd({ id }: Guild, until: Date): Promise<void> {
    const stop = new AbortController();
    this.#timeOuts.get(id)?.stop.abort();
    this.#timeOuts.set(id, { until: until.getTime(), stop });
    const sleep = (ms: number) => this.#clock.sleep(ms, stop.signal);
    const leftMs = () => until.getTime() - this.#clock.now().getTime();
    while (leftMs() > 0 && !stop.signal.aborted) await sleep(Math.min(leftMs(), longestSleepMs));
    for (const margin of marginsMs) {
      await sleep(margin);
      const guild = this.#client.guilds.cache.get(id);
      if (stop.signal.aborted || !guild) return;
      this.#look(guild, 'all anew');
    }
    this.#timeOuts.delete(id);
  }
}
