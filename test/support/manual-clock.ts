import type { Clock } from '../../src/base/clock.ts';

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #time: number;
  #timeOfDay = 0;
  #timers: { at: number; wake: () => void }[] = [];

  constructor(start = Date.parse('2026-11-01T12:00:00Z')) {
    this.#time = start;
  }

  now(): Date {
    return new Date(this.#time + this.#timeOfDay);
  }

  monotonic(): number {
    return this.#time;
  }

  /** How many wait for it to move on. */
  get sleeping(): number {
    return this.#timers.length;
  }

  /** Somebody sets the time of day, ahead or back. */
  jump(ms: number): void {
    this.#timeOfDay += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = { at: this.#time + ms, wake: () => finish() };
      const finish = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      signal?.addEventListener('abort', finish, { once: true });
      this.#timers.push(timer);
    });
  }

  /** Moves on by `ms`, stopping at each timer on the way until everything it set off has come to rest. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    await settle();
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end);
      if (due.length === 0) break;
      const first = due.reduce((one, other) => (other.at < one.at ? other : one));
      this.#time = Math.max(this.#time, first.at);
      first.wake();
      await settle();
    }
    this.#time = end;
  }
}

/** Lets every promise chain that needs no timer run to its end. */
async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
