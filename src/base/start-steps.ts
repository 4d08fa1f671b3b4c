import { CannotStart, inShort } from './errors.ts';
import type { Logger } from './log.ts';

/** One step of a start. */
export interface Step {
  /** What it does: a line of the log, written as the step begins. Null if that was said already. */
  readonly does: string | null;
  /** The beginning of the sentence if it fails, such as `Cannot use the database at db/gavel (DATABASE_URL)`. */
  readonly cannot: string;
  /** What to do then, in a sentence or two. */
  readonly next: string;
}

/** What to do next if only the log knows. */
export const logHasMore = 'With LOG_LEVEL=debug the log says more.';

/**
 * The steps of a start, one after the other. Whatever a step fails with, expected or not, becomes a `CannotStart` in
 * the step's own words. An error that nobody awaits (`broken`) counts as an error of the present step.
 */
export class StartSteps {
  readonly #log: Logger;
  readonly #stopping: AbortSignal;
  #fail: ((error: unknown) => void) | null = null;

  /** `stopping` ends the start: the present step is left where it is, and no other begins. */
  constructor(log: Logger, stopping: AbortSignal) {
    this.#log = log;
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => this.#fail?.(stopping.reason), { once: true });
  }

  /** Throws `CannotStart`, or the reason of `stopping` once that has aborted. */
  async run<T>({ does, cannot, next }: Step, work: () => Promise<T>): Promise<T> {
    this.#stopping.throwIfAborted();
    if (does !== null) this.#log.info(does);
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    try {
      return await Promise.race([work(), failed]);
    } catch (error) {
      this.#stopping.throwIfAborted();
      if (error instanceof CannotStart) throw error;
      throw new CannotStart(`${cannot}: ${inShort(error)}. ${next}`, { cause: error });
    } finally {
      this.#fail = null;
    }
  }

  /**
   * Takes an error that no `await` has caught, such as an event without a listener. Returns false if no step is under
   * way.
   */
  broken(error: unknown): boolean {
    this.#fail?.(error);
    return this.#fail !== null;
  }
}
