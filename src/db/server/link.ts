import type pg from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import { ConnectionLost, endsSession, isReadOnly, sqlState } from './database-fault.ts';

/** How long a statement under way may still take once its connection is under suspicion. */
const suspectedMs = 3_000;
/** Whoever asks for an answer sooner than this learns nothing about other connections when there is none. */
const tellingMs = 5_000;

/**
 * One connection to the server, with an ear of its own for its whole life: whatever breaks it is the error of the statement under
 * way, and of nothing else. A statement that misses its deadline takes the connection with it, since one whose other
 * end is gone without a word looks the same as one that is slow.
 */
export class Link {
  readonly client: pg.Client;
  /** Whether somebody has it; the pool has it otherwise. */
  lent = false;
  /** When the server said something last, in monotonic milliseconds. */
  heardAt = performance.now();
  readonly #suspicion: (reason: string, since: number) => void;
  #lost: Error | null = null;
  #suspected = false;
  /** Shortens the deadline of the statement under way. */
  #hurry: (() => void) | null = null;

  /** `suspicion` is called where other connections that have heard nothing since then may be as useless as this one. */
  constructor(client: pg.Client, suspicion: (reason: string, since: number) => void) {
    this.client = client;
    this.#suspicion = suspicion;
    client.on('error', (error) => {
      this.#lost ??= error;
    });
  }

  /** It is broken, or was ended. */
  get lost(): boolean {
    return this.#lost !== null;
  }

  /** Nobody is to use it again, once the statement or transaction under way is over. */
  get spoilt(): boolean {
    return this.#lost !== null || this.#suspected;
  }

  /**
   * Sends one statement. Throws `ConnectionLost` where the connection broke, or `deadlineMs` passed without an answer; else what
   * the server says.
   */
  async query(text: string, values: readonly unknown[], deadlineMs: number): Promise<pg.QueryResult> {
    const sentAt = performance.now();
    const missed = Promise.withResolvers<never>();
    const within = (ms: number) =>
      setTimeout(() => {
        this.#miss(ms, sentAt);
        // Whatever the driver makes of a connection that was ended under it: the deadline holds.
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
      if (isReadOnly(error)) this.#suspectAll('the server can be read from only', Number.POSITIVE_INFINITY);
      if (this.#lost === null || sqlState(error) !== null) throw error;
      throw new ConnectionLost(`The connection to the database was lost: ${this.#lost.message}`, {
        cause: error,
      });
    } finally {
      clearTimeout(overdue);
      this.#hurry = null;
    }
  }

  /** It may be as dead as another one was found to be: ended now where it is idle, else after the statement under way. */
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
    // Where the server only is slow, others have heard of it meanwhile.
    if (performance.now() - sentAt >= tellingMs) this.#suspectAll(reason, sentAt);
  }
}
