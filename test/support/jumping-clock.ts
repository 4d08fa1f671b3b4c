import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../../src/base/clock.ts';

/**
 * The real time, from which the time of day can be moved. A sleeper wakes up if the jump goes past the end of its
 * sleep.
 */
export class JumpingClock implements Clock {
  readonly #jumps = new EventEmitter().setMaxListeners(0);
  #ahead = 0;

  /** Milliseconds. */
  get ahead(): number {
    return this.#ahead;
  }

  set ahead(ms: number) {
    const by = ms - this.#ahead;
    this.#ahead = ms;
    this.#jumps.emit('jump', by);
  }

  now(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = this.monotonic() + ms;
    const jumped = (by: number) => {
      if (this.monotonic() + by >= end) over.abort();
    };
    this.#jumps.on('jump', jumped);
    await systemClock.sleep(ms, signal ? AbortSignal.any([signal, over.signal]) : over.signal);
    this.#jumps.off('jump', jumped);
  }
}
