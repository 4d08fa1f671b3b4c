import { isDatabaseAway } from '../../db/database-away.ts';

/** Unexpected errors in a row, without progress between them, after which there is no use in trying again. */
const maxErrors = 5;
const firstPauseMs = 250;
const longestPauseMs = 5_000;
const longestBugPauseMs = 16_000;

/**
 * What errors of one piece of work mean. A database that is away (or full, or busy) is waited out, however long that takes. What
 * else goes wrong is a bug, and ends the work where it comes again and again and nothing gets any further between.
 */
export class RunErrors {
  #bugs = 0;
  #away = 0;
  #mark: number | null = null;

  /** How long to wait before the next try, in ms; null: give up. `mark`: how far the work is, a number that grows. */
  next(error: unknown, mark: number | null): number | null {
    if (mark !== null && mark !== this.#mark) {
      this.#mark = mark;
      this.#bugs = 0;
      this.#away = 0;
    }
    if (isDatabaseAway(error)) {
      this.#away += 1;
      return Math.min(firstPauseMs * 2 ** (this.#away - 1), longestPauseMs);
    }
    this.#bugs += 1;
    return this.#bugs >= maxErrors
      ? null
      : Math.min(4 * firstPauseMs * 2 ** (this.#bugs - 1), longestBugPauseMs);
  }
}
