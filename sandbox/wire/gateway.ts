/** Stands in for the gateway (Discord's reference, "Gateway": identify, resume, sharding, intents). */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { guildPayload, memberPayload, userPayload } from '../world/guild.ts';
import { intent } from '../world/intent.ts';
import { Signal } from '../world/signal.ts';
import type { Dispatch, World } from '../world/world.ts';
import { GatewaySession, opcode } from './gateway-session.ts';

const heartbeatMs = 41_250;
/** How long a lost connection may be resumed. Discord names no figure; bots observe minutes. */
const resumableMs = 180_000;
const privileged = intent.guildMembers | (1 << 8) | intent.messageContent;

export interface GatewayOptions {
  readonly token: string;
  readonly allowPrivilegedIntents: boolean;
  readonly url: () => string;
}

interface Packet {
  readonly op: number;
  readonly d: unknown;
}

/** The WebSocket side. Any number of connections, each of which hears what its shard and intents cover. */
export class Gateway {
  readonly changed = new Signal();
  /** How often each interaction is delivered to a session. 2 plays Discord's "at least once". */
  deliveries = 1;
  /** How many of the next connections are refused with 503 before there is a WebSocket. */
  refusing = 0;
  /** The code with which each connection that identifies is closed; null: none. */
  closing: number | null = null;
  readonly #world: World;
  readonly #options: GatewayOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, GatewaySession>();

  constructor(world: World, options: GatewayOptions) {
    this.#world = world;
    this.#options = options;
    world.dispatch = (event) => this.#dispatch(event);
  }

  /** Connections that have identified or resumed. */
  get connected(): number {
    return [...this.#sessions.values()].filter((session) => session.connected).length;
  }

  /** Resolves when that many connections are ready. */
  async untilConnected(count = 1, timeoutMs = 15_000): Promise<void> {
    const describe = () => `${count} gateway connections; there are ${this.connected}`;
    await this.changed.until(() => this.connected >= count, timeoutMs, describe);
  }

  /** Cuts every connection. `resumable: false` also forgets the sessions, so a resume is refused. */
  drop(options: { code?: number; resumable?: boolean } = {}): void {
    for (const session of this.#sessions.values()) {
      if (options.resumable === false) this.#sessions.delete(session.id);
      session.socket?.close(options.code ?? 4000);
    }
  }

  /** Asks every client to reconnect and resume (opcode 7), as Discord does now and then. */
  askToReconnect(): void {
    for (const session of this.#sessions.values()) session.send({ op: opcode.reconnect, d: null });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.refusing > 0) {
      this.refusing -= 1;
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#accept(connection));
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    for (const session of this.#sessions.values()) session.detach();
  }

  #dispatch(event: Dispatch): void {
    if (event.guildId !== null && !this.#world.guilds.get(event.guildId)?.announced) return;
    const times = event.name === 'INTERACTION_CREATE' ? this.deliveries : 1;
    for (const [id, session] of this.#sessions) {
      if (session.lostAt !== null && this.#world.now() - session.lostAt > resumableMs)
        this.#sessions.delete(id);
      else for (let i = 0; i < times; i += 1) session.dispatch(event);
    }
  }

  #accept(socket: WebSocket): void {
    let session: GatewaySession | null = null;
    const send = (packet: object) => socket.send(JSON.stringify({ s: null, t: null, ...packet }));
    socket.on('message', (raw: RawData) => {
      const packet = JSON.parse(raw.toString()) as Packet;
      if (packet.op === opcode.heartbeat) send({ op: opcode.acknowledge, d: null });
      else if (packet.op === opcode.identify) session = this.#identify(socket, packet.d as Identify);
      else if (packet.op === opcode.resume) session = this.#resume(socket, packet.d as Resume);
      else if (packet.op === opcode.requestMembers) this.#members(session, packet.d as MembersRequest);
    });
    socket.on('close', (code) => {
      if (!session || session.socket !== socket) return;
      session.detach(this.#world.now());
      // A client that closes with 1000 or 1001 has ended its session (Discord's reference, "Resuming").
      if (code === 1000 || code === 1001) this.#sessions.delete(session.id);
      this.changed.emit();
    });
    socket.on('error', () => socket.terminate());
    send({ op: opcode.hello, d: { heartbeat_interval: heartbeatMs, _trace: [] } });
  }

  #identify(socket: WebSocket, data: Identify): GatewaySession | null {
    if (this.closing !== null) return refuse(socket, this.closing, 'Closed.');
    if (data.token.replace(/^Bot /, '') !== this.#options.token)
      return refuse(socket, 4004, 'Authentication failed.');
    if (data.intents & privileged && !this.#options.allowPrivilegedIntents)
      return refuse(socket, 4014, 'Disallowed intent(s).');
    const [index, count] = data.shard ?? [0, 1];
    if (index >= count) return refuse(socket, 4010, 'Invalid shard.');
    const session = new GatewaySession({
      id: this.#world.newToken(),
      intents: data.intents,
      shard: [index, count],
    });
    session.attach(socket);
    this.#sessions.set(session.id, session);
    this.#greet(session);
    this.changed.emit();
    return session;
  }

  #greet(session: GatewaySession): void {
    const guilds = [...this.#world.guilds.values()].filter(
      (guild) => session.covers(guild.id) && guild.members.has(this.#world.bot.id),
    );
    session.send(
      session.record('READY', {
        v: 10,
        user: { ...userPayload(this.#world.bot), verified: true, mfa_enabled: false, email: null },
        guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
        session_id: session.id,
        session_type: 'normal',
        resume_gateway_url: this.#options.url(),
        shard: session.shard,
        application: { id: this.#world.applicationId, flags: 0 },
        private_channels: [],
        relationships: [],
        presences: [],
      }),
    );
    if (!(session.intents & intent.guilds)) return;
    for (const guild of guilds) {
      session.send(session.record('GUILD_CREATE', guildCreate(this.#world, guild.id, session.intents)));
    }
  }

  #resume(socket: WebSocket, data: Resume): GatewaySession | null {
    const session = this.#sessions.get(data.session_id);
    if (!session || data.token.replace(/^Bot /, '') !== this.#options.token || !session.canReplay(data.seq)) {
      socket.send(JSON.stringify({ op: opcode.invalidSession, d: false, s: null, t: null }));
      return null;
    }
    session.socket?.terminate();
    session.attach(socket);
    session.replay(data.seq);
    session.send(session.record('RESUMED', { _trace: [] }));
    this.changed.emit();
    return session;
  }

  #members(session: GatewaySession | null, data: MembersRequest): void {
    const guild = this.#world.guilds.get(data.guild_id);
    if (!session || !guild) return;
    const wanted = data.user_ids ? [data.user_ids].flat() : [...guild.members.keys()];
    const members = wanted.flatMap((id) => {
      const member = guild.members.get(id);
      return member ? [memberPayload(member, this.#world.users.get(id)!)] : [];
    });
    const chunk = {
      guild_id: guild.id,
      members,
      chunk_index: 0,
      chunk_count: 1,
      not_found: [],
      nonce: data.nonce,
    };
    session.send(session.record('GUILD_MEMBERS_CHUNK', chunk));
  }
}

interface Identify {
  readonly token: string;
  readonly intents: number;
  readonly shard?: readonly [number, number];
}

interface Resume {
  readonly token: string;
  readonly session_id: string;
  readonly seq: number;
}

interface MembersRequest {
  readonly guild_id: string;
  readonly user_ids?: string | string[];
  readonly nonce?: string;
}

function refuse(socket: WebSocket, code: number, reason: string): null {
  socket.close(code, reason);
  return null;
}

/**
 * GUILD_CREATE has all channels. Of the members it has the bot alone, unless the intent for members is given. Of the
 * threads it has those that are active and that the bot sees (Discord's reference, "Guild Create").
 */
export function guildCreate(world: World, guildId: string, intents: number): object {
  const guild = world.guilds.get(guildId)!;
  const channels = [...guild.channels.values()];
  const members = [...guild.members.values()].filter(
    (member) => member.userId === world.bot.id || (intents & intent.guildMembers) !== 0,
  );
  return {
    ...guildPayload(guild),
    joined_at: new Date(guild.joinedAt).toISOString(),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    members: members.map((member) => memberPayload(member, world.users.get(member.userId)!)),
    channels: channels.filter((channel) => !channel.isThread).map((channel) => channel.payload()),
    threads: channels
      .filter((channel) => channel.isThread && !channel.archived && world.seesChannel(channel))
      .map((channel) => channel.payload()),
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
