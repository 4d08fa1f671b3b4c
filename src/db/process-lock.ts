import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Service } from '../base/service.ts';
import type { Db } from './schema.ts';
import { inTransaction } from './transaction.ts';

/** Any fixed number: the first of the two numbers of every process's lock. */
const lockClass = 7_202_614;
const connectWithinMs = 5_000;
const checkEveryMs = 10_000;
const firstPauseMs = 50;
const longestPauseMs = 5_000;

export interface ProcessLockParts {
  readonly databaseUrl: string;
  /** For what is written about the lock, beside its own session. */
  readonly db: Db;
  /** As in `operations.owner`. */
  readonly processId: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Lets others see the moment in which this process dies. A session of its own, outside the pools, holds an advisory
 * lock. When the process ends, its connection closes, and the server frees the lock
 * (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). The key stands in `processes`.
 *
 * What proves nothing is not written there. Behind a pooler that lends sessions by transaction there is no row at
 * all. If the connection breaks and the process lives, its row is removed over the pool, and the next session takes
 * another lock.
 */
export class ProcessLock implements Service {
  readonly #parts: ProcessLockParts;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: ProcessLockParts) {
    this.#parts = parts;
  }

  /** Resolves when the lock is held, or turned out not to be had for now. Then it goes on trying by itself. */
  async start(): Promise<void> {
    const settled = Promise.withResolvers<void>();
    this.#loop = this.#keep(settled.resolve);
    await settled.promise;
  }

  /** Frees the lock, and removes this process's row. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #keep(settled: () => void): Promise<void> {
    const { clock, log } = this.#parts;
    let pauseMs = firstPauseMs;
    const held = () => {
      pauseMs = firstPauseMs;
      settled();
    };
    while (!this.#stopping.signal.aborted) {
      try {
        if ((await this.#hold(held)) === 'stopped') return;
        log.info('a pooler is in front of the database: if this process dies, its leases must run out');
        return;
      } catch (error) {
        if (pauseMs === firstPauseMs) {
          log.warn({ err: error }, 'the lock that shows that this process lives is lost; it is taken again');
        }
      } finally {
        settled();
      }
      await clock.sleep(pauseMs, this.#stopping.signal);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }

  /** One session, from its beginning to its end. Throws if it cannot be had, or if it broke. */
  async #hold(held: () => void): Promise<'pooled' | 'stopped'> {
    const { clock, db, processId } = this.#parts;
    const session = new Session(this.#parts.databaseUrl);
    const key = randomInt(2 ** 31);
    try {
      await session.client.connect();
      if (!(await session.isOwn(db))) return 'pooled';
      if (!(await session.take(key))) throw new Error('the key is taken');
      await session.register(processId, key);
      held();
      while (!this.#stopping.signal.aborted) {
        const over = AbortSignal.any([this.#stopping.signal, session.lost]);
        await clock.sleep(checkEveryMs, over);
        if (session.lost.aborted) throw session.lost.reason;
        if (!(await session.holds(key))) {
          await this.#unregister(db, processId, key);
          return 'pooled';
        }
      }
      // The row goes first, so that nobody takes the free lock for this process's death.
      await this.#unregister(db, processId, key);
      return 'stopped';
    } catch (error) {
      // Not awaited: another lock can be had meanwhile, and it has another key.
      void this.#unregister(db, processId, key);
      throw error;
    } finally {
      session.end();
    }
  }

  async #unregister(db: Db, processId: string, key: number): Promise<void> {
    try {
      await db.deleteFrom('processes').where('name', '=', processId).where('lock_key', '=', key).execute();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'others may take this process for dead');
    }
  }
}

/** SQL on a row of `processes`: whether any session holds its lock. */
export const isLockHeld = sql<boolean>`exists (
  select from pg_locks where locktype = 'advisory' and classid = ${sql.lit(lockClass)}::oid and objid = lock_key::oid
    and objsubid = 2 and database = (select oid from pg_database where datname = current_database()))`;

/** Forgets processes of a server that restarted since, unless they have come back. */
export async function forgetProcesses(db: Db): Promise<void> {
  await sql`delete from processes
    where server_started <> pg_postmaster_start_time() and locked_at < now() - interval '1 hour'`.execute(db);
}

class Session {
  readonly client: pg.Client;
  /** Aborts when the connection ends. */
  readonly lost: AbortSignal;
  #pid = 0;

  constructor(databaseUrl: string) {
    const lost = new AbortController();
    this.lost = lost.signal;
    this.client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: connectWithinMs,
      query_timeout: connectWithinMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
      application_name: 'gavel (process lock)',
    });
    const end = (error?: Error) => lost.abort(error ?? new Error('the connection was ended'));
    this.client.on('error', end);
    this.client.on('end', () => end());
  }

  /**
   * Whether the session stays with this connection. A pooler names another backend than the server does, or lends the
   * same one to a transaction in between, or another one to the next statement.
   */
  async isOwn(db: Db): Promise<boolean> {
    this.#pid = await this.#backend();
    if (this.client.processID !== this.#pid) return false;
    return await inTransaction(db, async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      return rows[0]!.pid !== this.#pid && (await this.#backend()) === this.#pid;
    });
  }

  async take(key: number): Promise<boolean> {
    // If there is such a setting: nothing is said in this session for long.
    await this.client.query(
      `select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'`,
    );
    const { rows } = await this.client.query('select pg_try_advisory_lock($1, $2) as taken', [
      lockClass,
      key,
    ]);
    return rows[0].taken;
  }

  async register(processId: string, key: number): Promise<void> {
    await this.client.query(
      `insert into processes (name, lock_key, server_started, locked_at)
      values ($1, $2, pg_postmaster_start_time(), now())
      on conflict (name) do update set
        lock_key = excluded.lock_key, server_started = excluded.server_started, locked_at = excluded.locked_at`,
      [processId, key],
    );
  }

  /** Throws if the connection is broken. */
  async holds(key: number): Promise<boolean> {
    const { rows } = await this.client.query(
      `select pid from pg_locks where locktype = 'advisory' and classid = $1::int::oid and objid = $2::int::oid
        and pid = pg_backend_pid()`,
      [lockClass, key],
    );
    return rows[0]?.pid === this.#pid;
  }

  /** Ends the session at once. The lock goes with the connection. */
  end(): void {
    this.client.end().catch(() => {});
    this.client.connection.stream.destroy();
  }

  async #backend(): Promise<number> {
    const { rows } = await this.client.query('select pg_backend_pid() as pid');
    return rows[0].pid;
  }
}
