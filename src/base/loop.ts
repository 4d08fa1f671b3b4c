import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import type { Service } from './service.ts';

export interface LoopParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Does the work once. Resolves with the pause until the next turn, in milliseconds; null: there is no next one. */
  turn(): Promise<number | null>;
  /** The pause after a turn that failed, in milliseconds. */
  readonly afterErrorMs: number;
  /** What is logged with the error of a turn that failed. */
  readonly failed: string;
  /** What is logged once a turn works again. If it is given, only the first of several errors in a row is logged. */
  readonly recovered?: string;
  /** Default: `error`. */
  readonly level?: (error: unknown) => 'warn' | 'error';
  /**
   * The least time between the beginnings of two turns if `wake` brings about the second one, in milliseconds.
   * Default: 0.
   */
  readonly apartMs?: number;
}

/**
 * Does something again and again: after a pause by the clock, or earlier when it is woken. A turn that fails is
 * logged, and the next one tries again.
 */
export class Loop implements Service {
  readonly #parts: LoopParts;
  readonly #stopping = new AbortController();
  /** Ends the present pause. A wake-up during a turn ends the pause after it. */
  #pause = new AbortController();
  #running: Promise<void> | null = null;
  #failing = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** The first turn begins after `afterMs`; default: at once. */
  async start(afterMs = 0): Promise<void> {
    this.#running ??= this.#run(afterMs);
  }

  /** Begins the next turn now. If one is under way, another follows it. */
  wake(): void {
    this.#pause.abort();
  }

  /** Resolves when there is no next turn: a turn said so, or it was stopped. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Resolves when the turn under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.ended;
  }

  async #run(afterMs: number): Promise<void> {
    let began = this.#parts.clock.monotonic();
    if (afterMs > 0) await this.#rest(afterMs, began);
    while (!this.#stopping.signal.aborted) {
      began = this.#parts.clock.monotonic();
      this.#pause = new AbortController();
      const pauseMs = await this.#turn();
      if (pauseMs === null) return;
      await this.#rest(pauseMs, began);
    }
  }

  /** `began`: when the turn before began, by the monotonic clock. */
  async #rest(pauseMs: number, began: number): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { clock, apartMs = 0 } = this.#parts;
    const woken = this.#pause.signal;
    await clock.sleep(pauseMs, woken);
    const earlyMs = began + apartMs - clock.monotonic();
    if (woken.aborted && earlyMs > 0) await clock.sleep(earlyMs, this.#stopping.signal);
  }

  async #turn(): Promise<number | null> {
    const { log, recovered, turn, afterErrorMs } = this.#parts;
    try {
      const pauseMs = await turn.call(this.#parts);
      if (this.#failing && recovered !== undefined) log.info(recovered);
      this.#failing = false;
      return pauseMs;
    } catch (error) {
      this.#tell(error);
      this.#failing = true;
      return afterErrorMs;
    }
  }

  #tell(error: unknown): void {
    const { log, failed, recovered, level } = this.#parts;
    if (this.#failing && recovered !== undefined) return;
    log[level?.(error) ?? 'error']({ err: error }, failed);
  }
}
