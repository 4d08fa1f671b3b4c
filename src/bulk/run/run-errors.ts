import { isDatabaseAway } from '../../db/database-away.ts';

/** After so many unexpected errors in a row, without progress between them, trying again is of no use. */
const maxErrors = 5;
const firstPauseMs = 250;
const longestPauseMs = 5_000;
const longestBugPauseMs = 16_000;

/**
 * What errors of one piece of work mean. A database that is away (or full, or busy) is waited for, however long that
 * takes. Any other error is a bug. It ends the work if it comes again and again without progress.
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
