import PQueue from 'p-queue';

/**
 * Between the starts of two requests. 50 a second are allowed, counted where they arrive: measured, starts 21 ms apart
 * (47 a second, with the timers' own delay) earn no refusal where round trips take 80 to 120 ms, while windows of a whole
 * second released in a bunch do.
 */
export const PACE_INTERVAL_MS = 21;

/** What a person waits for goes first; bulk work has the urgency of its lane instead. */
export const PEOPLE_FIRST = 1_000_000;

/** Lets requests start one after the other. Only the start is paced: nobody holds a slot while waiting for an answer. */
export class Pace {
  private readonly queue: PQueue;
  private resumeAt = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(intervalMs: number = PACE_INTERVAL_MS) {
    this.queue = new PQueue({ concurrency: Number.POSITIVE_INFINITY, intervalCap: 1, interval: intervalMs });
  }

  /** Resolves when a request of this priority may start; higher goes first, equals in order. */
  turn(priority: number): Promise<void> {
    return this.queue.add(() => undefined, { priority });
  }

  /** Nobody starts for `ms`: the global limit was hit. */
  pause(ms: number): void {
    const until = performance.now() + ms;
    if (until <= this.resumeAt) return;
    this.resumeAt = until;
    this.queue.pause();
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.queue.start(), ms);
    // A process that ends does not wait for it.
    this.timer.unref();
  }

  get waiting(): number {
    return this.queue.size;
  }
}
