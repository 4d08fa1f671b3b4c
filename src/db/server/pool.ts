import type { Dialect } from 'kysely';
import type { Logger } from '../../base/log.ts';
import { patienceMs } from './repeated.ts';
import { serverDialect } from './server-dialect.ts';
import type { Timing } from './server-driver.ts';
import { Links, ServerPool } from './server-pool.ts';

/**
 * Connections of one pool. A process has two pools, and several processes share a server whose usual maximum is 100.
 */
const poolSize = 8;

/**
 * What waits for the database, and how long. A statement that misses its deadline is given up together with its
 * connection, because the other end may be gone without a word. So these figures bound how long a failover is felt.
 */
export const timings = {
  /** Somebody waits for the answer. */
  people: { deadlineMs: 8_000, patienceMs },
  /** What the bot does by itself: operations, leases, delivery, the scheduler. */
  work: { deadlineMs: 12_000, patienceMs },
  /** Migrations and purges, whose statements may go through whole tables. */
  long: { deadlineMs: 30 * 60_000, patienceMs },
  /** Is it there, and now? */
  probe: { deadlineMs: 2_000, patienceMs: 0 },
} as const satisfies Record<string, Timing>;

/** A server's connections in two pools, so that what people ask never waits behind the bot's own work. */
export class ServerPools {
  readonly #people: ServerPool;
  readonly #work: ServerPool;

  constructor(databaseUrl: string, log: Logger) {
    const links = new Links(log);
    this.#people = new ServerPool(databaseUrl, poolSize, links, log);
    this.#work = new ServerPool(databaseUrl, poolSize, links, log);
  }

  /** Kysely's way to one of the pools. Destroying that Kysely ends nothing. */
  dialect(use: keyof typeof timings): Dialect {
    const pool = use === 'people' || use === 'probe' ? this.#people : this.#work;
    return serverDialect(pool, timings[use], async () => {});
  }

  async end(): Promise<void> {
    await Promise.all([this.#people.end(), this.#work.end()]);
  }
}

/**
 * Kysely over a pool of connections to a PostgreSQL server, with the deadlines of work unless told otherwise. A
 * connection is made when it is first needed. Destroying the Kysely ends the pool.
 */
export function pooledDialect(databaseUrl: string, log: Logger, timing: Timing = timings.work): Dialect {
  const pool = new ServerPool(databaseUrl, poolSize, new Links(log), log);
  return serverDialect(pool, timing, () => pool.end());
}
