/** So many `requests` in each `windowMs`. */
export interface Window {
  readonly requests: number;
  readonly windowMs: number;
}

/** What the headers of an answer say about a limit. */
export interface LimitHeaders {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/**
 * Milliseconds that are added to the end of every window. The clocks of both sides tick apart, and a request that
 * arrives a moment early costs a refusal and the whole wait again.
 */
export const marginMs = 30;

/** How many requests still fit into a window, and in how many ms it ends. */
export interface Room {
  readonly left: number;
  readonly endsInMs: number;
}

/** The fastest round trip so far. Buckets of one kind of request share it. */
export interface Fastest {
  tripMs: number | null;
}

/** How long a limit that was found narrower than assumed is kept, in ms. Then the assumption is tried again. */
const tightForMs = 10 * 60 * 1000;
/** How long another process that was seen using the limit is taken into account, in ms. */
const sharedForMs = 15_000;

/** A window as headers tell it. `guessed`: the last request opened it, and no answer has told its end yet. */
interface Told {
  readonly limit: number;
  remaining: number;
  resetAt: number;
  guessed: boolean;
}

/**
 * One limit: a number of requests in a window, which opens with the first of them.
 *
 * If headers tell it, they are believed. Otherwise nobody knows when a window opens on the far side. But if each
 * request leaves a window's length after the answer to the one `requests` before it, no window can hold too many.
 *
 * Other processes of the bot may use the same limit; the headers show it. Then the last request of a window is left
 * to them, because both would take it.
 */
export class Bucket {
  readonly #assumed: Window;
  readonly #fastest: Fastest;
  /** When the last requests were answered. For those under way: when they left. */
  #answers: number[] = [];
  #underWay: number[] = [];
  #told: Told | null = null;
  #blockedUntil = 0;
  #sharedUntil = 0;
  #tight: { readonly requests: number; readonly until: number } | null = null;

  constructor(assumed: Window, fastest: Fastest) {
    this.#assumed = assumed;
    this.#fastest = fastest;
  }

  delay(now: number): number {
    const ms = this.#told ? this.#toldDelay(this.#told, now) : this.#assumedDelay(now);
    return Math.max(0, this.#blockedUntil - now, ms);
  }

  /** What is left of the window and how long it lasts, in ms; null if headers have not told it. */
  room(now: number): Room | null {
    if (!this.#told) return null;
    const { remaining, resetAt, limit } = this.#told;
    if (now >= resetAt) return { left: limit - this.#underWay.length, endsInMs: this.#assumed.windowMs };
    return { left: remaining, endsInMs: resetAt - now };
  }

  sent(now: number): void {
    const told = this.#told;
    if (told && now >= told.resetAt) {
      told.remaining = told.limit - this.#underWay.length;
      told.resetAt = now + this.#assumed.windowMs + marginMs;
      told.guessed = true;
    }
    if (told) told.remaining -= 1;
    this.#underWay.push(now);
  }

  answered(now: number, headers: LimitHeaders | null): void {
    const alone = this.#underWay.length === 1;
    const sentAt = this.#underWay.shift() ?? now;
    this.#answers = [...this.#answers, now].slice(-this.#assumed.requests);
    if (!headers) return;
    // With several under way nobody knows which of them this answers.
    if (alone) this.#fastest.tripMs = Math.max(0, Math.min(this.#fastest.tripMs ?? now, now - sentAt));
    // This answer's count does not include what is still under way.
    const remaining = headers.remaining - this.#underWay.length;
    if (this.#told && remaining < this.#told.remaining) this.#sharedUntil = now + sharedForMs;
    this.#told = {
      limit: Math.max(1, headers.limit),
      remaining,
      resetAt: this.#resetAt(sentAt, now, headers.resetAfterMs),
      guessed: false,
    };
  }

  /**
   * When a request may leave to arrive in the next window. At some moment between `sentAt` and `now` the answer told
   * how long that was to come. The way back here and there again takes at least the fastest round trip so far, so the
   * request may leave that much earlier. Of the answers within a window each is safe, however slowly its request
   * travelled. The one that came back fastest gives the earliest time.
   */
  #resetAt(sentAt: number, now: number, resetAfterMs: number): number {
    const tells = now - (this.#fastest.tripMs ?? 0) + resetAfterMs + marginMs;
    const told = this.#told;
    const sameWindow = told !== null && !told.guessed && sentAt + resetAfterMs + marginMs <= told.resetAt;
    return sameWindow ? Math.min(told.resetAt, tells) : tells;
  }

  /** A 429 for this limit. `ours`: the count at which it came is the true limit. */
  refused(now: number, retryAfterMs: number, ours: boolean): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, now + retryAfterMs + marginMs);
    // The refused request is the last of the answers.
    const passed = this.#answers.slice(0, -1).filter((at) => at > now - this.#assumed.windowMs).length;
    if (ours && passed >= 1 && passed < this.#requests(now)) {
      this.#tight = { requests: passed, until: now + tightForMs };
    }
    if (this.#told) this.#sharedUntil = now + sharedForMs;
    // When the wait is over, the window is a new one.
    this.#answers = [];
  }

  /** Whether nothing is known that would hold back a request. */
  idle(now: number): boolean {
    const tight = this.#tight !== null && this.#tight.until > now;
    return this.#underWay.length === 0 && !tight && this.delay(now) === 0;
  }

  #toldDelay({ remaining, resetAt, limit }: Told, now: number): number {
    if (now >= resetAt) return this.#underWay.length < limit ? 0 : marginMs;
    const kept = now < this.#sharedUntil && limit > 1 ? 1 : 0;
    return remaining > kept ? 0 : resetAt - now;
  }

  #assumedDelay(now: number): number {
    const counted = [...this.#answers, ...this.#underWay];
    const before = counted[counted.length - this.#requests(now)];
    return before === undefined ? 0 : before + this.#assumed.windowMs + marginMs - now;
  }

  #requests(now: number): number {
    return this.#tight && this.#tight.until > now ? this.#tight.requests : this.#assumed.requests;
  }
}
