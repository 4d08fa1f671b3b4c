/** The time and the timers, passed in so that tests can own them. */
export interface Clock {
  /** The time of day, for decisions. It may jump, back as well. */
  now(): Date;
  /** Milliseconds since some moment, for measuring. It never goes back, whatever is done to the time of day. */
  monotonic(): number;
  /** Resolves after `ms`; at once if `signal` aborts or that moment has passed already. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.max(ms, 0));
      signal?.addEventListener('abort', finish, { once: true });
    }),
};
