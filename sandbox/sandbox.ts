/**
 * The stand-in as tests and shows use it: what it is started with, and what can be asked of it. README.md lists the
 * rules and their sources.
 */

import type { AddressInfo } from 'node:net';
import { Person, type PersonInit } from './people/person.ts';
import { type LimitMode, Limits } from './rules/limits.ts';
import { Scene } from './scene.ts';
import { commandRoutes } from './wire/commands.ts';
import { Faults, type Outage } from './wire/faults.ts';
import { Gateway, guildCreate } from './wire/gateway.ts';
import { gatewayRoutes } from './wire/gateway-routes.ts';
import { interactionRoutes } from './wire/interactions.ts';
import { messageRoutes } from './wire/messages.ts';
import { placeRoutes } from './wire/places.ts';
import type { RequestRecord, Violation } from './wire/request-record.ts';
import { type Latency, RestServer } from './wire/server.ts';
import { webhookRoutes } from './wire/webhooks.ts';
import { intent } from './world/intent.ts';
import type { SandboxInteraction } from './world/interaction.ts';
import { permission } from './world/permissions.ts';
import { SandboxGuild } from './world/sandbox-guild.ts';
import { World } from './world/world.ts';

export interface SandboxOptions {
  /** Default 'true': Discord's own figures. */
  readonly limits?: LimitMode;
  /** The least milliseconds that a request takes, there and back. Default 0. */
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

/** What a bot gets in a guild unless a test says otherwise. */
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
export class Sandbox extends Scene {
  readonly gateway: Gateway;
  readonly faults = new Faults();
  readonly token: string;
  readonly acknowledgeMs: number;
  latency: Latency;
  /** How fast the bot's files arrive; null: at once. */
  uploadBytesPerMs: number | null = null;
  #limits: Limits;
  readonly #rest: RestServer;

  constructor(options: SandboxOptions) {
    const now = options.now ?? Date.now;
    super(new World(now, options.botName ?? 'Gavel'));
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
      uploadBytesPerMs: () => this.uploadBytesPerMs,
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

  /**
   * Resolves with the first request, past or future, for which the predicate holds. It is asked at the arrival and at
   * the answer.
   */
  untilRequest(predicate: (request: RequestRecord) => boolean, timeoutMs = 10_000): Promise<RequestRecord> {
    return this.#rest.changed.until(
      () => this.requests.find(predicate),
      timeoutMs,
      () =>
        `a request; last: ${JSON.stringify(this.requests.slice(-3).map(({ method, path, status }) => [method, path, status]))}`,
    );
  }

  /** Changes the limits from now on. All counters begin anew. */
  setLimits(mode: LimitMode): void {
    this.#limits = new Limits(mode, this.world.now);
  }

  /**
   * Answers 503 to everything, or cuts every connection, until it is switched off. With 'refuse' the gateway goes
   * down too.
   */
  outage(outage: Outage): void {
    this.faults.outage = outage;
    if (outage !== 'refuse') return;
    this.gateway.drop();
    this.#rest.http.closeAllConnections();
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
    guild.announced = true;
    const data = (intents: number) => guildCreate(this.world, guild.id, intents);
    this.world.dispatch({ name: 'GUILD_CREATE', guildId: guild.id, intent: intent.guilds, data });
    return new SandboxGuild(this.world, guild);
  }

  readonly #everywhere: Person[] = [];

  /** Somebody who is a member of all guilds, unless `guilds` says which. */
  person(init: PersonInit = {}): Person {
    const person = new Person(this, init);
    if (!init.guilds) this.#everywhere.push(person);
    const guilds = init.guilds?.map((id) => this.guild(id)) ?? [...this.world.guilds.values()];
    for (const guild of guilds) person.join(guild);
    return person;
  }

  /** Delivers an interaction to every connected process. One that was delivered before keeps its id. */
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
