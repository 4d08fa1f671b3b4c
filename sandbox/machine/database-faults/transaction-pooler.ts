import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { loopbackUrl } from './loopback-url.ts';
import { requestCode, startRequests, type WireMessage, WireReader, wireMessage } from './wire-messages.ts';

/** A connection to the server, lent to one client's transaction at a time. */
interface ServerSession {
  readonly socket: Socket;
  /** Gets what the server sends while the session is lent. */
  borrower: ((message: WireMessage) => void) | null;
}

/**
 * Pools by transaction, as PgBouncer does with `pool_mode = transaction`. A client has a server's session from the
 * first statement of a transaction to its end; then anybody may get it. So what a session keeps (advisory locks,
 * `set`, temporary tables) stays with a session that belongs to others: https://www.pgbouncer.org/features.html.
 */
export class TransactionPooler {
  /** The server's URL, by way of this pooler. */
  readonly url: string;
  readonly #server: Server;
  readonly #upstreamUrl: string;
  readonly #size: number;
  readonly #idle: ServerSession[] = [];
  readonly #all = new Set<ServerSession>();
  readonly #waiting: ((session: ServerSession) => void)[] = [];
  readonly #clients = new Set<Socket>();
  #opening = 0;

  private constructor(server: Server, upstreamUrl: string, size: number) {
    this.#server = server;
    this.#upstreamUrl = upstreamUrl;
    this.#size = size;
    this.url = loopbackUrl(upstreamUrl, server);
    server.on('connection', (client: Socket) => this.#serve(client));
  }

  /** `size`: sessions on the server, for any number of clients. */
  static async start(upstreamUrl: string, size = 4): Promise<TransactionPooler> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TransactionPooler(server, upstreamUrl, size);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const client of this.#clients) client.destroy();
    for (const { socket } of this.#all) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    client.setNoDelay(true);
    const reader = new WireReader('client');
    let session: ServerSession | null = null;
    let borrowing = false;
    const unsent: Buffer[] = [];
    const fromServer = (message: WireMessage): void => {
      client.write(message.bytes);
      // “Ready for query”, idle: the transaction is over.
      if (message.type !== 'Z' || message.bytes[5] !== 'I'.charCodeAt(0)) return;
      const used = session;
      session = null;
      if (used) this.#giveBack(used);
    };
    const borrow = async (): Promise<void> => {
      borrowing = true;
      try {
        session = await this.#borrow();
      } catch {
        client.destroy();
        return;
      } finally {
        borrowing = false;
      }
      if (client.destroyed) return this.#giveBack(session);
      session.borrower = fromServer;
      session.socket.once('close', () => client.destroy());
      for (const bytes of unsent.splice(0)) session.socket.write(bytes);
    };
    client.on('error', () => {});
    client.on('close', () => {
      this.#clients.delete(client);
      // The client left in the middle of a transaction, so nobody else may have that session.
      session?.socket.destroy();
    });
    client.on('data', (chunk) => {
      for (const message of reader.read(chunk)) {
        if (message.type === '') this.#start(client, message);
        else if (message.type === 'X') client.end();
        else if (session) session.socket.write(message.bytes);
        else {
          unsent.push(message.bytes);
          if (!borrowing) void borrow();
        }
      }
    });
  }

  /**
   * Every client is let in: the server knows only the pooler itself. Of the startup parameters it takes those that
   * PgBouncer takes.
   */
  #start(client: Socket, message: WireMessage): void {
    const code = requestCode(message);
    if (code === startRequests.ssl || code === startRequests.gssapi) return void client.write('N');
    if (code === startRequests.cancel) return void client.end();
    const parameters = message.bytes.toString('utf8', 8).split('\0');
    const refused = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'options'];
    const bad = parameters.filter((name, index) => index % 2 === 0 && refused.includes(name));
    if (bad.length > 0) {
      const text = `SFATAL\0C08P01\0Munsupported startup parameter: ${bad.join(', ')}\0\0`;
      client.end(wireMessage('E', Buffer.from(text)));
      return;
    }
    const key = Buffer.alloc(8);
    // A number of the pooler's own, as PgBouncer gives: it is that of no backend.
    key.writeInt32BE(0x7fff_0000 + (this.#clients.size % 0xffff), 0);
    const parameter = (name: string, value: string) => wireMessage('S', Buffer.from(`${name}\0${value}\0`));
    client.write(
      Buffer.concat([
        wireMessage('R', Buffer.from([0, 0, 0, 0])),
        parameter('server_version', '15.0'),
        parameter('client_encoding', 'UTF8'),
        parameter('DateStyle', 'ISO, MDY'),
        parameter('standard_conforming_strings', 'on'),
        wireMessage('K', key),
        wireMessage('Z', Buffer.from('I')),
      ]),
    );
  }

  async #borrow(): Promise<ServerSession> {
    // The session that was unused for longest comes first, so a client rarely gets the same one twice.
    const idle = this.#idle.shift();
    if (idle) return idle;
    if (this.#all.size + this.#opening >= this.#size) {
      return await new Promise((resolve) => this.#waiting.push(resolve));
    }
    this.#opening += 1;
    try {
      return await this.#open();
    } finally {
      this.#opening -= 1;
    }
  }

  #giveBack(session: ServerSession): void {
    session.borrower = null;
    session.socket.removeAllListeners('close');
    session.socket.on('close', () => this.#forget(session));
    const next = this.#waiting.shift();
    if (next) next(session);
    else this.#idle.push(session);
  }

  #forget(session: ServerSession): void {
    this.#all.delete(session);
    const index = this.#idle.indexOf(session);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** The driver signs in; from then on its socket is ours. */
  async #open(): Promise<ServerSession> {
    const driver = new pg.Client({ connectionString: this.#upstreamUrl });
    driver.on('error', () => {});
    await driver.connect();
    const socket = driver.connection.stream as Socket;
    socket.removeAllListeners('data');
    socket.on('error', () => {});
    const session: ServerSession = { socket, borrower: null };
    const reader = new WireReader('server');
    socket.on('data', (chunk) => {
      for (const message of reader.read(chunk)) session.borrower?.(message);
    });
    socket.on('close', () => this.#forget(session));
    this.#all.add(session);
    return session;
  }
}
