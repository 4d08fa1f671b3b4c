import { connect, type Socket } from 'node:net';
import { sqlOf, type WireMessage, WireReader, wireMessage } from './wire-messages.ts';

/**
 * What befalls one statement. A SQLSTATE: the server fails with it instead of carrying it out (class 57P: it ends the
 * session too). `cut before`: the connection breaks and it is never carried out. `cut after`: it is carried out, and the
 * connection breaks before the answer.
 */
export type StatementFault =
  | '40P01'
  | '40001'
  | '57014'
  | '57P01'
  | '25006'
  | '53300'
  | 'cut before'
  | 'cut after';

export interface ProxiedConnectionParts {
  readonly upstream: { readonly host: string; readonly port: number };
  /** Taken, and never passed on. */
  readonly silent: boolean;
  roundTripMs(): number;
  fault(sql: string): StatementFault | null;
  closed(): void;
}

/** One client's connection through a `DatabaseProxy`, and the one behind it. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket | null;
  readonly #parts: ProxiedConnectionParts;
  readonly #fromClient = new WireReader('client');
  readonly #fromServer = new WireReader('server');
  readonly #toServer: DelayedWrites;
  readonly #toClient: DelayedWrites;
  /** Messages of the statement that the client is sending. */
  #sending: WireMessage[] = [];
  #frozen = false;
  #held: (() => void)[] = [];
  #cutWhenAnswered = false;

  constructor(client: Socket, parts: ProxiedConnectionParts) {
    this.#client = client;
    this.#parts = parts;
    this.#server = parts.silent ? null : connect(parts.upstream.port, parts.upstream.host);
    this.#toServer = new DelayedWrites(() => parts.roundTripMs() / 2);
    this.#toClient = new DelayedWrites(() => parts.roundTripMs() / 2);
    client.setNoDelay(true);
    client.on('data', (chunk) => this.#unlessFrozen(() => this.#read(chunk)));
    this.#server?.setNoDelay(true);
    this.#server?.on('data', (chunk) => this.#unlessFrozen(() => this.#answer(chunk)));
    // Each side's end is the other's, once nothing is on its way any more. An error comes before 'close' and says no more.
    client.on('error', () => {});
    this.#server?.on('error', () => {});
    client.on('close', () => {
      this.#unlessFrozen(() => this.#toServer.write(() => this.#server?.destroy()));
      this.#endedOneSide();
    });
    this.#server?.on('close', () => {
      this.#unlessFrozen(() => this.#toClient.write(() => this.#client.destroy()));
      this.#endedOneSide();
    });
  }

  get clientGone(): boolean {
    return this.#client.destroyed;
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const work of this.#held.splice(0)) work();
  }

  cut(): void {
    this.#client.end();
    this.#client.destroy();
    this.#server?.destroy();
  }

  reset(): void {
    if (!this.#client.destroyed) this.#client.resetAndDestroy();
    if (this.#server && !this.#server.destroyed) this.#server.resetAndDestroy();
  }

  #unlessFrozen(work: () => void): void {
    if (this.#frozen) this.#held.push(work);
    else work();
  }

  #endedOneSide(): void {
    if (this.#client.destroyed && (this.#server?.destroyed ?? true)) this.#parts.closed();
  }

  #read(chunk: Buffer): void {
    for (const message of this.#fromClient.read(chunk)) {
      this.#sending.push(message);
      // A statement ends with Sync, or is one simple Query; everything else (startup, passwords, Terminate) passes.
      const inStatement = ['P', 'B', 'D', 'E', 'C', 'H'].includes(message.type);
      if (!inStatement) this.#pass(this.#sending.splice(0));
    }
  }

  #pass(messages: readonly WireMessage[]): void {
    const sql = messages.map(sqlOf).find((text) => text !== null);
    const fault = sql === undefined || sql === null ? null : this.#parts.fault(sql);
    if (fault === 'cut before') {
      this.cut();
      return;
    }
    if (fault === 'cut after') this.#cutWhenAnswered = true;
    const bytes =
      fault === null || fault === 'cut after'
        ? Buffer.concat(messages.map((message) => message.bytes))
        : wireMessage('Q', Buffer.from(`${sqlToFail(fault)}\0`));
    this.#toServer.write(() => this.#server?.write(bytes));
  }

  #answer(chunk: Buffer): void {
    const ready = this.#fromServer.read(chunk).some(({ type }) => type === 'Z');
    if (this.#cutWhenAnswered) {
      if (ready) this.cut();
      return;
    }
    this.#toClient.write(() => this.#client.write(chunk));
  }
}

/** The server itself fails, so that its transaction and its session are what they would be. */
function sqlToFail(fault: string): string {
  if (fault === '57P01') return 'select pg_terminate_backend(pg_backend_pid())';
  return `do $$ begin raise exception 'put in by the test' using errcode = '${fault}'; end $$`;
}

/** Writes in their order. Each is late by the delay that holds when it comes. */
class DelayedWrites {
  readonly #delayMs: () => number;
  #lastAt = 0;

  constructor(delayMs: () => number) {
    this.#delayMs = delayMs;
  }

  write(work: () => void): void {
    const now = performance.now();
    this.#lastAt = Math.max(this.#lastAt, now + this.#delayMs());
    if (this.#lastAt > now) setTimeout(work, this.#lastAt - now);
    else work();
  }
}
