import PQueue from 'p-queue';
import { UserError } from '../base/errors.ts';

export interface RequestTurnLimits {
  /** How many requests of one person, and of one server, are worked on at the same time. */
  readonly perPerson: number;
  readonly perServer: number;
  /** How many requests of one person may wait. */
  readonly waitingPerPerson: number;
}

/**
 * Lets requests that make the database search and sort take turns. Only a few of one person and of one server are
 * worked on at the same time. So a person who sends many keeps only themselves waiting.
 */
export class RequestTurns {
  readonly #limits: RequestTurnLimits;
  readonly #queues = new Map<string, PQueue>();

  constructor(limits: RequestTurnLimits) {
    this.#limits = limits;
  }

  /** Runs the work when it is this person's and this server's turn. Throws `UserError` if too many of theirs wait. */
  async run<T>(
    { userId, serverId }: { readonly userId: string; readonly serverId: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const { perPerson, perServer, waitingPerPerson } = this.#limits;
    const waiting = this.#queues.get(`person ${userId}`)?.size ?? 0;
    if (waiting >= waitingPerPerson) {
      throw new UserError(
        `${waiting} of your requests are waiting already, as many as one person may have. Nothing was changed. Wait for their answers, then try again.`,
      );
    }
    return await this.#in(`person ${userId}`, perPerson, () =>
      this.#in(`server ${serverId}`, perServer, work),
    );
  }

  /** Runs the work in the queue of this key. A queue that nobody is in is forgotten. */
  async #in<T>(key: string, concurrency: number, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? new PQueue({ concurrency });
    this.#queues.set(key, queue);
    try {
      return await queue.add(work);
    } finally {
      if (queue.size === 0 && queue.pending === 0) this.#queues.delete(key);
    }
  }
}
