/** One message of PostgreSQL's wire protocol, as its bytes. */
export interface WireMessage {
  /** The type byte, as a character; empty for the untyped first messages of a client (startup, SSL request, cancel). */
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * What a client may ask for before it starts a session:
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export const startRequests = { ssl: 80877103, gssapi: 80877104, cancel: 80877102 } as const;

/**
 * Cuts a stream into messages. A client's stream begins with untyped messages, up to the startup message. In a
 * server's stream every message has a type byte.
 */
export class WireReader {
  #rest: Buffer = Buffer.alloc(0);
  #untyped: boolean;

  constructor(side: 'client' | 'server') {
    this.#untyped = side === 'client';
  }

  /** The messages that are complete with this chunk, in their order. */
  read(chunk: Buffer): WireMessage[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: WireMessage[] = [];
    for (;;) {
      const head = this.#untyped ? 0 : 1;
      if (this.#rest.length < head + 4) return messages;
      const end = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < end) return messages;
      const bytes = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      messages.push({ type: this.#untyped ? '' : String.fromCharCode(bytes[0]!), bytes });
      if (this.#untyped && !isBeforeStartup(bytes)) this.#untyped = false;
    }
  }
}

/** The number in an untyped message: one of `startRequests`, or the protocol's version. */
export function requestCode({ bytes }: WireMessage): number {
  return bytes.readInt32BE(4);
}

export function wireMessage(type: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** The SQL of a Parse or Query message; null for others. */
export function sqlOf({ type, bytes }: WireMessage): string | null {
  if (type === 'Q') return cString(bytes, 5);
  if (type !== 'P') return null;
  return cString(bytes, bytes.indexOf(0, 5) + 1);
}

function isBeforeStartup(bytes: Buffer): boolean {
  const code = bytes.readInt32BE(4);
  return code === startRequests.ssl || code === startRequests.gssapi;
}

function cString(bytes: Buffer, from: number): string {
  return bytes.toString('utf8', from, bytes.indexOf(0, from));
}
