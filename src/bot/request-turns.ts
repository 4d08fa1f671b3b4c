import PQueue from 'p-queue';
import { UserError } from '../base/errors.ts';

export interface RequestTurnLimits {
  /** Requests of one person, and of one server, that are worked on at the same time. */
  readonly perPerson: number;
  readonly perServer: number;
  /** Requests of one person that may wait. */
  readonly waitingPerPerson: number;
}

/**
 * Requests that make the database search and sort take turns: of one person and of one server only a few are worked on at the
 * same time, so that whoever sends many keeps only themselves waiting.
 */
export class RequestTurns {
  readonly #limits: RequestTurnLimits;
  readonly #queues = new Map<string, PQueue>();

  constructor(limits: RequestTurnLimits) {
    this.#limits = limits;
  }

  /** Runs the work when it is this person's and this server's turn. Throws `UserError` where too many of theirs wait. */
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

  /** A queue that nobody is in is forgotten. */
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
