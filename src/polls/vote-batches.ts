import type { Clock } from '../clock.ts';
import { databaseFault } from '../db/database-fault.ts';
import type { Db } from '../db/schema.ts';
import type { VotePress, VoteResult } from './vote.ts';
import { castVotes } from './vote-store.ts';

export interface VoteBatchParts {
  readonly db: Db;
  readonly clock: Clock;
}

/** Presses of one statement: the embedded database computes on the thread that also has to answer everybody else. */
const mostAtOnce = 100;
/** How long a press is repeated while the database is away: about as long as one waits for the answer. */
const repeatedForMs = 60_000;
const pauseMs = { first: 20, longest: 1000 } as const;

interface Waiting {
  readonly press: VotePress;
  readonly since: number;
  readonly resolve: (result: VoteResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Casts votes: of each poll one statement at a time, with everything that has come in since the one before. So a press
 * waits for two round trips at the most, however many people press in one instant. What waits here is not acknowledged
 * to anybody as counted, so it may be lost with the process.
 */
export class VoteBatches {
  readonly #parts: VoteBatchParts;
  readonly #queues = new Map<number, Waiting[]>();

  constructor(parts: VoteBatchParts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the vote is committed, or refused. A statement whose connection dies is repeated, for a minute; then,
   * and with every other error, rejects with what the database said last.
   */
  cast(press: VotePress): Promise<VoteResult> {
    return new Promise((resolve, reject) => {
      const waiting = { press, since: this.#parts.clock.monotonic(), resolve, reject };
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
    let failures = 0;
    /** So many are cast one by one, since one of them made the statement for all of them fail. */
    let singly = 0;
    while (queue.length > 0) {
      const batch = queue.slice(0, singly > 0 ? 1 : mostAtOnce);
      try {
        const presses = batch.map(({ press }) => press);
        const results = await castVotes(this.#parts.db, pollId, presses);
        for (const [index, { resolve }] of queue.splice(0, batch.length).entries()) resolve(results[index]!);
        failures = 0;
        singly = Math.max(0, singly - 1);
      } catch (error) {
        if (databaseFault(error) !== null) {
          this.#giveUpOld(queue, batch.length, error);
          await this.#parts.clock.sleep(Math.min(pauseMs.longest, pauseMs.first * 2 ** failures));
          failures += 1;
        } else if (batch.length > 1) {
          singly = batch.length;
        } else {
          queue.shift()!.reject(error);
          singly = Math.max(0, singly - 1);
        }
      }
    }
    this.#queues.delete(pollId);
  }

  /** Of the presses just tried in vain, those that have been long enough. They are the first of the queue. */
  #giveUpOld(queue: Waiting[], tried: number, error: unknown): void {
    const now = this.#parts.clock.monotonic();
    const old = queue.slice(0, tried).filter(({ since }) => now - since >= repeatedForMs);
    for (const { reject } of queue.splice(0, old.length)) reject(error);
  }
}
