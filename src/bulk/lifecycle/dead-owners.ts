import { hostname } from 'node:os';
import type { Clock } from '../../base/clock.ts';

/** A process whose lock nobody holds, and the lock's key. */
export interface LostLock {
  readonly name: string;
  readonly lockKey: number;
}

/**
 * How long a process whose connection was cut may take to hold a lock again, in ms; and how long if this machine no
 * longer knows the process.
 */
const graceMs = 1_000;
const graceOfGoneMs = 250;

/**
 * Tells dead processes from those whose connection broke. A living process takes another lock at once, or says that
 * it has none. Only a lock that stays free for a while, under one key, proves a death.
 */
export class DeadOwners {
  readonly #clock: Clock;
  readonly #isGone: (name: string) => boolean;
  /** When a lost lock proves a death, by the lock. */
  #provenAt = new Map<string, number>();

  /** `isGone`: see `isGoneHere`. */
  constructor(clock: Clock, isGone: (name: string) => boolean = isGoneHere) {
    this.#clock = clock;
    this.#isGone = isGone;
  }

  /** `lost`: the processes whose lock is free at this moment. Returns those that are dead. */
  judge(lost: readonly LostLock[]): LostLock[] {
    const now = this.#clock.monotonic();
    const known = this.#provenAt;
    const provenAt = (one: LostLock) =>
      known.get(keyOf(one)) ?? now + (this.#isGone(one.name) ? graceOfGoneMs : graceMs);
    this.#provenAt = new Map(lost.map((one) => [keyOf(one), provenAt(one)]));
    return lost.filter((one) => now >= this.#provenAt.get(keyOf(one))!);
  }

  /** In how many milliseconds the next one of those last seen is dead; null if none is. */
  get next(): number | null {
    if (this.#provenAt.size === 0) return null;
    return Math.max(0, Math.min(...this.#provenAt.values()) - this.#clock.monotonic());
  }
}

/**
 * Whether this machine says that there is no such process, by its name as in `operations.owner`. It may still be a
 * process of another machine, or of another container with the same host name. So that alone proves nothing.
 */
export function isGoneHere(name: string): boolean {
  const [host, pid] = name.split('/');
  if (host !== hostname() || !/^[1-9]\d*$/.test(pid ?? '')) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function keyOf({ name, lockKey }: LostLock): string {
  return `${lockKey} ${name}`;
}
