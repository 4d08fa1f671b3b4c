import type { AddressInfo } from 'node:net';
import { channelType, type SandboxChannel } from './channel.ts';
import { Faults, type Outage } from './faults.ts';
import { Gateway, guildCreate } from './gateway.ts';
import type { Guild, Role } from './guild.ts';
import type { SandboxInteraction } from './interaction.ts';
import { type LimitMode, Limits } from './limits.ts';
import type { SandboxMessage } from './message.ts';
import { permission } from './permissions.ts';
import { Person, type PersonInit } from './person.ts';
import { commandRoutes } from './rest/commands.ts';
import { gatewayRoutes } from './rest/gateway-routes.ts';
import { interactionRoutes } from './rest/interactions.ts';
import { messageRoutes } from './rest/messages.ts';
import { placeRoutes } from './rest/places.ts';
import type { RequestRecord, Violation } from './rest/request-record.ts';
import { type Latency, RestServer } from './rest/server.ts';
import { webhookRoutes } from './rest/webhooks.ts';
import { intent, World } from './world.ts';

export interface SandboxOptions {
  /** Default 'true': Discord's own figures. */
  readonly limits?: LimitMode;
  /** Milliseconds a request takes at least, there and back. Default 0. */
  readonly latency?: Latency;
  /** Shards recommended by `/gateway/bot`. Default 1. */
  readonly shards?: number;
  /** Default 3000 and 900,000. */
  readonly acknowledgeMs?: number;
  readonly tokenMs?: number;
  /** Whether GUILD_MEMBERS, GUILD_PRESENCES and MESSAGE_CONTENT are granted. Default false, as for a new application. */
  readonly privilegedIntents?: boolean;
  readonly botName?: string;
  /** TCP port; default any. */
  readonly port?: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** What a bot needs in the guild when nothing else is said. */
export const usualBotPermissions =
  permission.viewChannel |
  permission.sendMessages |
  permission.embedLinks |
  permission.attachFiles |
  permission.readMessageHistory |
  permission.manageMessages |
  permission.sendMessagesInThreads;

/** Starts a stand-in Discord on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = new Sandbox(options);
  await sandbox.listen(options.port ?? 0);
  return sandbox;
}

/** A stand-in Discord: what the bot connects to, what people do in it, and what became of it. */
export class Sandbox {
  readonly world: World;
  readonly gateway: Gateway;
  readonly faults = new Faults();
  readonly token: string;
  readonly acknowledgeMs: number;
  latency: Latency;
  #limits: Limits;
  readonly #rest: RestServer;

  constructor(options: SandboxOptions) {
    const now = options.now ?? Date.now;
    this.world = new World(now, options.botName ?? 'Gavel');
    this.token = `${Buffer.from(this.world.applicationId).toString('base64url')}.sandbox.${this.world.newToken().slice(0, 38)}`;
    this.acknowledgeMs = options.acknowledgeMs ?? 3000;
    this.latency = options.latency ?? 0;
    this.#limits = new Limits(options.limits ?? 'true', now);
    const times = { acknowledgeMs: this.acknowledgeMs, tokenMs: options.tokenMs ?? 900_000 };
    this.gateway = new Gateway(this.world, {
      token: this.token,
      allowPrivilegedIntents: options.privilegedIntents ?? false,
      url: () => this.#gatewayUrl,
    });
    this.#rest = new RestServer({
      world: this.world,
      token: this.token,
      routes: [
        ...gatewayRoutes(() => this.#gatewayUrl, options.shards ?? 1),
        ...placeRoutes,
        ...commandRoutes,
        ...interactionRoutes(times),
        ...webhookRoutes(times),
        ...messageRoutes,
      ],
      limits: () => this.#limits,
      faults: this.faults,
      latency: () => this.latency,
      random: options.random ?? Math.random,
    });
    this.#rest.http.on('upgrade', (request, socket, head) => {
      if (this.faults.outage) socket.destroy();
      else this.gateway.upgrade(request, socket, head);
    });
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#rest.http.once('error', reject);
      this.#rest.http.listen(port, '127.0.0.1', resolve);
    });
    this.world.baseUrl = `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.gateway.close();
    this.#rest.http.closeAllConnections();
    await new Promise((resolve) => this.#rest.http.close(resolve));
  }

  get port(): number {
    return (this.#rest.http.address() as AddressInfo).port;
  }

  /** For discord.js' `rest.api`. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.port}/api`;
  }

  get #gatewayUrl(): string {
    return `ws://127.0.0.1:${this.port}/gateway`;
  }

  /** Every request of the bot, in the order of arrival. */
  get requests(): readonly RequestRecord[] {
    return this.#rest.requests;
  }

  /** What real Discord would have refused, and fields that it does not know. */
  get violations(): readonly Violation[] {
    return this.#rest.violations;
  }

  /** Forgets requests and violations so far. */
  clearLog(): void {
    this.#rest.requests.length = 0;
    this.#rest.violations.length = 0;
  }

  /** Resolves with the first request, past or future, for which the predicate holds. Asked at arrival and at the answer. */
  untilRequest(predicate: (request: RequestRecord) => boolean, timeoutMs = 10_000): Promise<RequestRecord> {
    return this.#rest.changed.until(
      () => this.requests.find(predicate),
      timeoutMs,
      () =>
        `a request; last: ${JSON.stringify(this.requests.slice(-3).map(({ method, path, status }) => [method, path, status]))}`,
    );
  }

  /** Changes the limits from now on; all counters begin anew. */
  setLimits(mode: LimitMode): void {
    this.#limits = new Limits(mode, this.world.now);
  }

  /** 503 to everything, or every connection cut, until switched off. The gateway goes down with 'refuse'. */
  outage(outage: Outage): void {
    this.faults.outage = outage;
    if (outage !== 'refuse') return;
    this.gateway.drop();
    this.#rest.http.closeAllConnections();
  }

  /** New messages of the bot are born so many milliseconds in the past; 0: now. */
  backdate(ms: number): void {
    this.world.backdateMs = ms;
  }

  /** A guild with the bot in it. `channels`: how many, or their names. Connected bots are told. */
  addGuild(
    init: { name?: string; channels?: number | readonly string[]; botPermissions?: bigint } = {},
  ): SandboxGuild {
    const guild = this.world.addGuild(
      init.name ?? `Server ${this.world.guilds.size + 1}`,
      init.botPermissions ?? usualBotPermissions,
    );
    const wanted = init.channels ?? 1;
    const names =
      typeof wanted === 'number' ? Array.from({ length: wanted }, (_, i) => `channel-${i + 1}`) : wanted;
    for (const name of names) this.world.addChannel(guild, name);
    for (const person of this.#everywhere) person.join(guild);
    const data = (intents: number) => guildCreate(this.world, guild.id, intents);
    this.world.dispatch({ name: 'GUILD_CREATE', guildId: guild.id, intent: intent.guilds, data });
    return new SandboxGuild(this.world, guild);
  }

  readonly #everywhere: Person[] = [];

  /** Somebody, member of all guilds unless `guilds` says which. */
  person(init: PersonInit = {}): Person {
    const person = new Person(this, init);
    if (!init.guilds) this.#everywhere.push(person);
    const guilds = init.guilds?.map((id) => this.guild(id)) ?? [...this.world.guilds.values()];
    for (const guild of guilds) person.join(guild);
    return person;
  }

  guild(id: string): Guild {
    const guild = this.world.guilds.get(id);
    if (!guild) throw new Error(`no guild ${id}`);
    return guild;
  }

  channel(id: string): SandboxChannel {
    const channel = this.world.channels.get(id);
    if (!channel) throw new Error(`no channel ${id}`);
    return channel;
  }

  message(id: string): SandboxMessage {
    const message = this.world.messages.get(id);
    if (!message) throw new Error(`no message ${id}`);
    return message;
  }

  /** Every message that exists, private ones included. */
  get messages(): SandboxMessage[] {
    return [...this.world.messages.values()];
  }

  /** Takes permissions from the bot in a channel: sight of it, if nothing else is said. */
  deny(channelId: string, bits: bigint = permission.viewChannel): void {
    const channel = this.channel(channelId);
    const own = this.#botOverwrite(channel);
    own.deny |= bits;
    own.allow &= ~bits;
    this.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
  }

  /** Gives permissions back that `deny` took. */
  allow(channelId: string, bits: bigint = permission.viewChannel): void {
    const channel = this.channel(channelId);
    this.#botOverwrite(channel).deny &= ~bits;
    this.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
  }

  #botOverwrite(channel: SandboxChannel) {
    const found = channel.overwrites.find((overwrite) => overwrite.id === this.world.bot.id);
    if (found) return found;
    const made = { id: this.world.bot.id, type: 1 as const, allow: 0n, deny: 0n };
    channel.overwrites.push(made);
    return made;
  }

  /** Sets what the bot's own role allows in a guild; @everyone's bits remain. */
  setBotPermissions(guildId: string, bits: bigint): void {
    const guild = this.guild(guildId);
    const role = [...guild.roles.values()].find((candidate) => candidate.botId === this.world.bot.id)!;
    role.permissions = bits;
    this.world.dispatchRole(guild, role, 'GUILD_ROLE_UPDATE');
  }

  /** Somebody deletes a message by hand. */
  removeMessage(id: string): void {
    this.world.deleteMessage(this.message(id));
  }

  removeChannel(id: string): void {
    const channel = this.channel(id);
    for (const message of channel.byId.values()) this.world.messages.delete(message.id);
    this.world.channels.delete(id);
    this.world.guildOf(channel)?.channels.delete(id);
    this.world.dispatchChannel(channel, channel.isThread ? 'THREAD_DELETE' : 'CHANNEL_DELETE');
  }

  /** The bot is removed from a guild. */
  removeGuild(id: string): void {
    const guild = this.guild(id);
    this.world.guilds.delete(id);
    for (const channel of guild.channels.values()) this.world.channels.delete(channel.id);
    this.world.dispatch({ name: 'GUILD_DELETE', guildId: id, intent: intent.guilds, data: () => ({ id }) });
  }

  /** Archives or reopens a thread. */
  archive(threadId: string, archived = true): void {
    const thread = this.channel(threadId);
    thread.archived = archived;
    this.world.dispatchChannel(thread, 'THREAD_UPDATE');
  }

  /** Delivers an interaction once more, with the id it had. */
  replay(interaction: SandboxInteraction): void {
    this.deliver(interaction);
  }

  deliver(interaction: SandboxInteraction): void {
    this.world.interactions.set(interaction.token, interaction);
    const data = () => interaction.payload;
    this.world.dispatch({
      name: 'INTERACTION_CREATE',
      guildId: interaction.guildId,
      intent: intent.none,
      data,
    });
  }
}

/** A guild, for setting the scene. */
export class SandboxGuild {
  readonly guild: Guild;
  readonly #world: World;

  constructor(world: World, guild: Guild) {
    this.#world = world;
    this.guild = guild;
  }

  get id(): string {
    return this.guild.id;
  }

  /** Text channels in the order in which they were made. */
  get channels(): SandboxChannel[] {
    return [...this.guild.channels.values()].filter((channel) => channel.type === channelType.text);
  }

  get roles(): Role[] {
    return [...this.guild.roles.values()];
  }

  channel(name: string): SandboxChannel {
    const found = [...this.guild.channels.values()].find((channel) => channel.name === name);
    if (!found) throw new Error(`no channel #${name} in ${this.guild.name}`);
    return found;
  }

  addChannel(name: string, type: number = channelType.text): SandboxChannel {
    return this.#world.addChannel(this.guild, name, { type });
  }

  addThread(parentId: string, name: string): SandboxChannel {
    return this.#world.addChannel(this.guild, name, { type: channelType.thread, parentId });
  }

  addRole(name: string, options: { permissions?: bigint; mentionable?: boolean } = {}): Role {
    return this.#world.addRole(this.guild, {
      name,
      permissions: options.permissions ?? 0n,
      mentionable: options.mentionable ?? false,
    });
  }
}
