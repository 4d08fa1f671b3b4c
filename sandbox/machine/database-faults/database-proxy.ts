import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { loopbackUrl } from './loopback-url.ts';
import { ProxiedConnection, type StatementFault } from './proxied-connection.ts';

/** What happens to a new connection: it is passed on, accepted and never answered, or refused. */
type Reception = 'pass' | 'silent' | 'refuse';

/** One statement of a client: all its messages up to the server's next “ready for query”. */
export interface SeenStatement {
  /** Counted from 1 over all connections, since the proxy was made or `countAnew` was called. */
  readonly number: number;
  readonly sql: string;
}

/**
 * A network on loopback with a PostgreSQL server behind it; `url` leads through it. It does to connections what
 * networks and failovers do. `await using` ends it.
 */
export class DatabaseProxy {
  /** The server's URL, by way of this proxy. */
  readonly url: string;
  /** Decides what happens to a statement; null lets it pass. It is asked for each statement of every client. */
  onStatement: (statement: SeenStatement) => StatementFault | null = () => null;
  readonly #server: Server;
  readonly #connections = new Set<ProxiedConnection>();
  #upstream: URL;
  #reception: Reception = 'pass';
  #roundTripMs = 0;
  #statements = 0;
  #accepted = 0;

  private constructor(server: Server, upstream: URL) {
    this.#server = server;
    this.#upstream = upstream;
    this.url = loopbackUrl(upstream, server);
    server.on('connection', (client: Socket) => this.#accept(client));
  }

  /** `upstreamUrl`: the server's URL. Its port is reached over TCP without TLS. */
  static async start(upstreamUrl: string): Promise<DatabaseProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DatabaseProxy(server, new URL(upstreamUrl));
  }

  /** Statements that clients have sent, and connections they have made. */
  get seen(): { readonly statements: number; readonly connections: number } {
    return { statements: this.#statements, connections: this.#accepted };
  }

  /** Connections that clients hold open at this moment. */
  get open(): number {
    return [...this.#connections].filter((connection) => !connection.clientGone).length;
  }

  /** The next statement gets the number 1. */
  countAnew(): void {
    this.#statements = 0;
  }

  /** From now on each answer takes this much longer, as if the server were far away. */
  delay(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
  }

  /**
   * Every present connection is half-open from here on: neither data nor its end arrives on either side. New ones
   * pass, as after a failover that sent no FIN.
   */
  freeze(): void {
    for (const connection of this.#connections) connection.freeze();
  }

  /** What was frozen now arrives. */
  thaw(): void {
    for (const connection of this.#connections) connection.thaw();
  }

  /** Ends every present connection with FIN. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Ends every present connection with RST. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** New connections are accepted by the network and never answered. */
  silence(): void {
    this.#reception = 'silent';
  }

  /** New connections are closed at once. Clients see a reset, as if nobody listened. */
  refuse(): void {
    this.#reception = 'refuse';
  }

  /** New connections pass again. */
  accept(): void {
    this.#reception = 'pass';
  }

  /** New connections lead to another server, as after a failover behind one address. */
  moveTo(upstreamUrl: string): void {
    this.#upstream = new URL(upstreamUrl);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.reset();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    if (this.#reception === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const connection = new ProxiedConnection(client, {
      upstream: { host: this.#upstream.hostname, port: Number(this.#upstream.port || 5432) },
      silent: this.#reception === 'silent',
      roundTripMs: () => this.#roundTripMs,
      fault: (sql) => {
        this.#statements += 1;
        return this.onStatement({ number: this.#statements, sql });
      },
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}
