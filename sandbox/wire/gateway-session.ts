import type { WebSocket } from 'ws';
import type { Dispatch } from '../world/world.ts';

/** Gateway opcodes (Discord's reference, "Opcodes and Status Codes"). */
export const opcode = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  requestMembers: 8,
  invalidSession: 9,
  hello: 10,
  acknowledge: 11,
} as const;

export interface SessionInit {
  readonly id: string;
  readonly intents: number;
  /** Index and count. */
  readonly shard: readonly [number, number];
}

interface Recorded {
  readonly op: number;
  readonly t: string;
  readonly s: number;
  readonly d: object;
}

/** How many dispatches are kept for a resume. */
const kept = 5000;

/** One session. It outlives its connection: what happens meanwhile is replayed when the client resumes. */
export class GatewaySession {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [number, number];
  socket: WebSocket | null = null;
  /** When the connection was lost, in Unix milliseconds; null while there is one. */
  lostAt: number | null = null;
  readonly #recent: Recorded[] = [];
  #sequence = 0;

  constructor(init: SessionInit) {
    this.id = init.id;
    this.intents = init.intents;
    this.shard = init.shard;
  }

  get connected(): boolean {
    return this.socket !== null;
  }

  attach(socket: WebSocket): void {
    this.socket = socket;
    this.lostAt = null;
  }

  detach(at = 0): void {
    this.socket = null;
    this.lostAt = at;
  }

  /** Whether a guild, or null for direct messages, belongs to this shard (Discord's reference, "Sharding"). */
  covers(guildId: string | null): boolean {
    const [index, count] = this.shard;
    return guildId === null ? index === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === index;
  }

  /** Sends the event if shard and intents cover it. */
  dispatch(event: Dispatch): void {
    if (!this.covers(event.guildId) || (event.intent !== 0 && !(this.intents & event.intent))) return;
    this.send(this.record(event.name, event.data(this.intents)));
  }

  record(name: string, data: object): Recorded {
    this.#sequence += 1;
    const packet = { op: opcode.dispatch, t: name, s: this.#sequence, d: data };
    this.#recent.push(packet);
    if (this.#recent.length > kept) this.#recent.shift();
    return packet;
  }

  send(packet: object): void {
    this.socket?.send(JSON.stringify({ s: null, t: null, ...packet }));
  }

  canReplay(sequence: number): boolean {
    return sequence <= this.#sequence && (this.#recent[0]?.s ?? 1) <= sequence + 1;
  }

  replay(sequence: number): void {
    for (const packet of this.#recent) if (packet.s > sequence) this.send(packet);
  }
}
