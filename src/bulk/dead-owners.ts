import type { Clock } from '../clock.ts';

/** A process whose lock nobody holds, and the lock's key. */
export interface LostLock {
  readonly name: string;
  readonly lockKey: number;
}

/** How long a process whose connection was cut may take to hold a lock again. */
const graceMs = 1_000;

/**
 * Tells the dead from those whose connection broke: a living process takes another lock at once, or says that it has none. Only
 * a lock that stays free for a while, under one key, proves an end.
 */
export class DeadOwners {
  readonly #clock: Clock;
  #freeSince = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `lost`: whose lock is free at this moment. Returns those that are dead. */
  judge(lost: readonly LostLock[]): LostLock[] {
    const now = this.#clock.monotonic();
    this.#freeSince = new Map(lost.map((one) => [keyOf(one), this.#freeSince.get(keyOf(one)) ?? now]));
    return lost.filter((one) => now - this.#freeSince.get(keyOf(one))! >= graceMs);
  }

  /** In how many milliseconds the next one of those last seen is dead; null where none is. */
  get next(): number | null {
    if (this.#freeSince.size === 0) return null;
    const now = this.#clock.monotonic();
    return Math.max(0, Math.min(...this.#freeSince.values()) + graceMs - now);
  }
}

function keyOf({ name, lockKey }: LostLock): string {
  return `${lockKey} ${name}`;
}
