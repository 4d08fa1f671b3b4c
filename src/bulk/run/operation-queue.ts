import PQueue from 'p-queue';

/** How many operations this process executes, and how many wait here until one of them ends. */
export interface QueueLoad {
  readonly executing: number;
  readonly waiting: number;
}

/**
 * Executes what the database has admitted. The database admits over all processes, so an operation waits here only
 * for a moment: while a paused or cancelled one has its last request under way, and its slot already belongs to
 * another.
 */
export class OperationQueue {
  readonly #queue: PQueue;

  /** `concurrency`: how many operations may be admitted at once, over all processes. */
  constructor(concurrency: number) {
    this.#queue = new PQueue({ concurrency });
  }

  /** What `execute` resolves with; null if `interrupted` resolved before it was its turn. Rejects as `execute` does. */
  async run<T>(execute: () => Promise<T>, interrupted: Promise<unknown>): Promise<T | null> {
    const waiting = new AbortController();
    let begun = false;
    // Once it has begun, it ends by itself: what was sent must be settled.
    void interrupted.then(() => begun || waiting.abort());
    const begin = () => {
      begun = true;
      return execute();
    };
    try {
      return await this.#queue.add(begin, { signal: waiting.signal });
    } catch (error) {
      if (waiting.signal.aborted) return null;
      throw error;
    }
  }

  get load(): QueueLoad {
    return { executing: this.#queue.pending, waiting: this.#queue.size };
  }

  /** Resolves when nothing is executed and nothing waits. */
  async idle(): Promise<void> {
    await this.#queue.onIdle();
  }
}
