import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../db/schema.ts';
import { databaseFault } from '../../db/server/database-fault.ts';
import type { VotePress, VoteResult } from './vote.ts';
import { castVotes, PollLocked } from './vote-store.ts';

export interface VoteBatchParts {
  readonly db: Db;
  readonly clock: Clock;
}

/**
 * Presses in one statement at most. The embedded database computes on the thread that must also answer everybody
 * else.
 */
const mostAtOnce = 100;

interface Waiting {
  readonly press: VotePress;
  readonly resolve: (result: VoteResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Casts votes. For each poll it sends one statement at a time, with everything that has come in since the one before.
 * So a press waits for two round trips at most, however many people press at once. What waits here was not
 * acknowledged to anybody as counted, so it may be lost with the process.
 */
export class VoteBatches {
  readonly #parts: VoteBatchParts;
  readonly #queues = new Map<number, Waiting[]>();

  constructor(parts: VoteBatchParts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the vote is committed or refused. Rejects with the database's last error if it was away for longer
   * than its connections are patient. Then nobody knows what became of the vote.
   */
  cast(press: VotePress): Promise<VoteResult> {
    return new Promise((resolve, reject) => {
      const waiting = { press, resolve, reject };
      const queue = this.#queues.get(press.pollId);
      if (queue) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      this.#queues.set(press.pollId, started);
      void this.#empty(press.pollId, started);
    });
  }

  /** Casts what is in the queue, first come first, until nobody waits. */
  async #empty(pollId: number, queue: Waiting[]): Promise<void> {
    /** How many are cast one by one, because one of them made the statement for all of them fail. */
    let singly = 0;
    while (queue.length > 0) {
      const batch = queue.slice(0, singly > 0 ? 1 : mostAtOnce);
      try {
        const presses = batch.map(({ press }) => press);
        const results = await castVotes(this.#parts.db, pollId, presses, this.#parts.clock);
        for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
      } catch (error) {
        if (batch.length > 1 && !concernsAll(error)) {
          singly = batch.length;
          continue;
        }
        for (const { reject } of batch) reject(error);
      }
      queue.splice(0, batch.length);
      singly = Math.max(0, singly - 1);
    }
    this.#queues.delete(pollId);
  }
}

/** Whether the error has nothing to do with one press among them. */
function concernsAll(error: unknown): boolean {
  return databaseFault(error) !== null || error instanceof PollLocked;
}
