import {
  AbortedTransactionError,
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type pg from 'pg';
import { ConnectionLost } from './database-fault.ts';
import type { Link } from './link.ts';
import { repeated } from './repeated.ts';
import type { ServerPool } from './server-pool.ts';

/** How long this use of the database waits. */
export interface Timing {
  /** How long to wait for the answer to one statement, in milliseconds. Then the connection counts as dead. */
  readonly deadlineMs: number;
  /**
   * How long to wait for a database that is away, in milliseconds, repeating the statement or the BEGIN that met it.
   * 0: one try.
   */
  readonly patienceMs: number;
}

/**
 * Kysely's driver over a `ServerPool`. A statement outside a transaction that fails because of the database is
 * repeated here, so no caller has to think of it. `inTransaction` repeats transactions, because only their author
 * knows where they begin.
 */
export class ServerDriver implements Driver {
  readonly #pool: ServerPool;
  readonly #timing: Timing;
  readonly #destroy: () => Promise<void>;

  constructor(pool: ServerPool, timing: Timing, destroy: () => Promise<void>) {
    this.#pool = pool;
    this.#timing = timing;
    this.#destroy = destroy;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new ServerConnection(this.#pool, this.#timing);
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel, accessMode } = settings;
    const begin = ['start transaction'];
    if (isolationLevel) begin.push(`isolation level ${isolationLevel}`);
    if (accessMode) begin.push(accessMode);
    await connection.executeQuery(CompiledQuery.raw(begin.join(' ')));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const { command } = await (connection as ServerConnection).send(CompiledQuery.raw('commit'));
    // PostgreSQL answers COMMIT with ROLLBACK if a statement before it failed.
    if (command === 'ROLLBACK') throw new AbortedTransactionError();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as ServerConnection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as ServerConnection).release();
  }

  async destroy(): Promise<void> {
    await this.#destroy();
  }
}

/** A place in the pool for one statement, for one transaction, or for what is done in one session. */
class ServerConnection implements DatabaseConnection {
  readonly #pool: ServerPool;
  readonly #timing: Timing;
  #link: Link | null = null;
  #begun = false;

  constructor(pool: ServerPool, timing: Timing) {
    this.#pool = pool;
    this.#timing = timing;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = this.#begun ? await this.send(query) : await this.#first(query);
    const { command, rowCount, rows } = result;
    const counted = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(command);
    return { rows: rows ?? [], ...(counted && { numAffectedRows: BigInt(rowCount ?? 0) }) };
  }

  /** Sends a statement in the present session. Throws `ConnectionLost` if that was lost before. */
  async send(query: CompiledQuery): Promise<pg.QueryResult> {
    if (this.#link === null)
      throw new ConnectionLost('The connection was lost in the middle of a transaction.');
    const link = this.#link;
    try {
      return await link.query(query.sql, query.parameters, this.#timing.deadlineMs);
    } catch (error) {
      if (link.lost) this.release();
      throw error;
    }
  }

  /** A transaction whose session was lost is rolled back by that alone. */
  async rollback(): Promise<void> {
    if (this.#link === null) return;
    try {
      await this.send(CompiledQuery.raw('rollback'));
    } catch (error) {
      this.#link?.destroy(`ROLLBACK failed: ${error instanceof Error ? error.message : error}`);
    }
  }

  release(): void {
    const link = this.#link;
    this.#link = null;
    if (link !== null) this.#pool.giveBack(link);
  }

  // biome-ignore lint/correctness/useYield: there is nothing to stream with
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Streaming is not supported.');
  }

  /** Nothing came before it, so it may be done again on another connection. Between two tries others have this one. */
  async #first(query: CompiledQuery): Promise<pg.QueryResult> {
    return await repeated(async () => {
      this.#link = await this.#pool.borrow();
      try {
        const result = await this.send(query);
        this.#begun = true;
        return result;
      } catch (error) {
        this.release();
        throw error;
      }
    }, this.#timing.patienceMs);
  }
}
