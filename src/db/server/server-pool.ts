import pg from 'pg';
import type { Logger } from '../../base/log.ts';
import { ConnectionLost, isFull, sqlState } from './database-fault.ts';
import { Link } from './link.ts';
import { valueParsers } from './value-parsers.ts';

/** How long a connection may take to be made or to become free, in ms. */
const connectWithinMs = 5_000;
/** How long an idle connection stays open, in ms: people who come one after the other find it still open. */
const idleMs = 60_000;
/** The kernel asks after this silence, in ms, then each second, ten times: Linux, by libuv's `uv_tcp_keepalive`. */
const keepAliveAfterMs = 5_000;
/** How long a machine that vanishes inside a transaction keeps its row locks. */
const idleInTransaction = '10s';

/**
 * All connections of this process to one server. One that is found dead throws suspicion on all that were as silent.
 */
export class Links {
  readonly #log: Logger;
  readonly #all = new Set<Link>();

  constructor(log: Logger) {
    this.#log = log;
  }

  open(client: pg.Client): Link {
    const link: Link = new Link(client, (reason, since) => this.#suspect(reason, since));
    this.#all.add(link);
    client.on('end', () => this.#all.delete(link));
    return link;
  }

  /** Ends the connection that was idle for longest. The server may then lend it to another. */
  makeRoom(): void {
    const idle = [...this.#all].filter((link) => !link.spoilt && !link.lent);
    const [longest] = idle.sort((a, b) => a.heardAt - b.heardAt);
    longest?.destroy('the server has no other connection left');
  }

  #suspect(reason: string, since: number): void {
    const links = [...this.#all].filter((link) => !link.spoilt && link.heardAt < since);
    this.#log.warn(
      { reason, connections: links.length },
      'a database connection is broken; others that were silent since are replaced too',
    );
    for (const link of links) link.suspect(reason);
  }
}

/** The session's time zone goes with the startup message, which poolers pass on. Hours and days are computed in UTC. */
class Client extends pg.Client {
  override getStartupConf(): Record<string, string | undefined> {
    return { ...super.getStartupConf(), TimeZone: 'UTC' };
  }
}

/** Some connections to a PostgreSQL server. They are made when they are needed, and lent to one borrower at a time. */
export class ServerPool {
  readonly #pool: pg.Pool;
  readonly #all: Links;
  readonly #links = new WeakMap<pg.Client, Link>();

  constructor(databaseUrl: string, size: number, links: Links, log: Logger) {
    this.#all = links;
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      max: size,
      connectionTimeoutMillis: connectWithinMs,
      idleTimeoutMillis: idleMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfterMs,
      application_name: 'gavel',
      types: { getTypeParser: (oid, format) => valueParsers[oid] ?? pg.types.getTypeParser(oid, format) },
      Client,
      onConnect: async (client) => {
        const link = links.open(client as Client);
        this.#links.set(link.client, link);
        await setUp(link);
      },
    });
    // Its `Link` knows of its end. Without a listener the event would end the process. The pool hangs the whole
    // client on the error.
    this.#pool.on('error', (error: Error & { client?: unknown }) => {
      delete error.client;
      log.warn({ reason: error.message }, 'lost an idle connection to the database');
    });
  }

  /**
   * Throws `ConnectionLost` if no connection can be made or becomes free in time, or what the server says to refuse
   * one.
   */
  async borrow(): Promise<Link> {
    try {
      for (;;) {
        const link = this.#links.get(await this.#pool.connect())!;
        link.lent = true;
        if (!link.spoilt) return link;
        this.giveBack(link);
      }
    } catch (error) {
      // Another pool of this process may have more than it needs.
      if (isFull(error)) this.#all.makeRoom();
      if (sqlState(error) !== null || this.#pool.ending) throw error;
      throw new ConnectionLost(`The database cannot be reached: ${reasonOf(error)}`, { cause: error });
    }
  }

  giveBack(link: Link): void {
    link.lent = false;
    (link.client as pg.PoolClient).release(link.spoilt);
  }

  /** Resolves when everything was given back and ended. */
  end(): Promise<void> {
    return this.#pool.end();
  }
}

/**
 * Sets up a session by a statement, not by startup parameters, which poolers refuse. Only if the session is ours
 * alone: behind a pooler by transaction the settings would land on the sessions of others, and the backend is not the
 * one that the start named.
 */
async function setUp(link: Link): Promise<void> {
  const { processID } = link.client;
  link.lent = true;
  await link.query(
    `select set_config('idle_in_transaction_session_timeout', $1, false) where pg_backend_pid() = $2`,
    [idleInTransaction, processID ?? 0],
    connectWithinMs,
  );
  link.lent = false;
}

/** A connection that was tried at several addresses fails with an `AggregateError`, whose own message is empty. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
