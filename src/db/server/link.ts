import type pg from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import { ConnectionLost, endsSession, isReadOnly, sqlState } from './database-fault.ts';

/** How long a statement under way may still take once its connection is under suspicion, in ms. */
const suspectedMs = 3_000;
/**
 * A statement with a shorter deadline than this, in ms, learns nothing about other connections if there is no answer.
 */
const tellingMs = 5_000;

/**
 * One connection to the server. It listens for its whole life, so whatever breaks the connection is the error of the
 * statement under way, and of nothing else. A statement that misses its deadline takes the connection with it: a
 * connection whose other end is gone without a word looks the same as a slow one.
 */
export class Link {
  readonly client: pg.Client;
  /** Whether somebody has it. Otherwise the pool has it. */
  lent = false;
  /** When the server last said something, in monotonic milliseconds. */
  heardAt = performance.now();
  readonly #suspicion: (reason: string, since: number) => void;
  #lost: Error | null = null;
  #suspected = false;
  /** Shortens the deadline of the statement under way. */
  #hurry: (() => void) | null = null;

  /** `suspicion` is called if other connections that have heard nothing since then may be as useless as this one. */
  constructor(client: pg.Client, suspicion: (reason: string, since: number) => void) {
    this.client = client;
    this.#suspicion = suspicion;
    client.on('error', (error) => {
      this.#lost ??= error;
    });
  }

  /** Whether it is broken or was ended. */
  get lost(): boolean {
    return this.#lost !== null;
  }

  /** Nobody may use it again once the present statement or transaction is over. */
  get spoilt(): boolean {
    return this.#lost !== null || this.#suspected;
  }

  /**
   * Sends one statement. Throws `ConnectionLost` if the connection broke or if `deadlineMs` passed without an answer;
   * else what the server says.
   */
  async query(text: string, values: readonly unknown[], deadlineMs: number): Promise<pg.QueryResult> {
    const sentAt = performance.now();
    const missed = Promise.withResolvers<never>();
    const within = (ms: number) =>
      setTimeout(() => {
        this.#miss(ms, sentAt);
        // The deadline holds, whatever the driver makes of a connection that was ended under it.
        missed.reject(this.#lost);
      }, ms);
    let overdue = within(this.#suspected ? Math.min(suspectedMs, deadlineMs) : deadlineMs);
    this.#hurry = () => {
      clearTimeout(overdue);
      overdue = within(Math.min(suspectedMs, deadlineMs));
    };
    try {
      const result = await Promise.race([this.client.query(text, [...values]), missed.promise]);
      this.heardAt = performance.now();
      return result;
    } catch (error) {
      if (sqlState(error) !== null) this.heardAt = performance.now();
      if (endsSession(error)) this.#lost ??= error as Error;
      if (isReadOnly(error)) this.#suspectAll('the server can only be read', Number.POSITIVE_INFINITY);
      if (this.#lost === null || sqlState(error) !== null) throw error;
      throw new ConnectionLost(`The connection to the database was lost: ${this.#lost.message}`, {
        cause: error,
      });
    } finally {
      clearTimeout(overdue);
      this.#hurry = null;
    }
  }

  /**
   * It may be as dead as another connection that was found to be. It ends now if it is idle, else after the statement
   * under way.
   */
  suspect(reason: string): void {
    this.#suspected = true;
    if (!this.lent) this.destroy(reason);
    else this.#hurry?.();
  }

  /** Ends it at once, without a word to a server that may not be there. */
  destroy(reason: string): void {
    this.#lost ??= new Error(reason);
    this.client.connection.stream.destroy(this.#lost);
  }

  #suspectAll(reason: string, since: number): void {
    this.#suspected = true;
    this.#suspicion(reason, since);
  }

  #miss(afterMs: number, sentAt: number): void {
    const reason = `no answer within ${afterMs / 1000} s`;
    cancelStatement(this.client);
    this.destroy(reason);
    // If the server is only slow, others have heard from it meanwhile.
    if (performance.now() - sentAt >= tellingMs) this.#suspectAll(reason, sentAt);
  }
}
