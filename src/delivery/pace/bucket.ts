/** `requests` in each `windowMs`. */
export interface Window {
  readonly requests: number;
  readonly windowMs: number;
}

/** What the headers of an answer say. */
export interface LimitHeaders {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/**
 * Added to every end of a window: the clocks of both sides tick apart, and a request that arrives a moment early
 * costs a refusal and the whole wait again.
 */
export const marginMs = 30;

/** How many requests still fit into a window, and in how many ms it ends. */
export interface Room {
  readonly left: number;
  readonly endsInMs: number;
}

/** The fastest round trip so far; buckets of one kind of requests share it. */
export interface Fastest {
  tripMs: number | null;
}

/** How long a limit found narrower than assumed is kept before the assumption is tried again. */
const tightForMs = 10 * 60 * 1000;
/** How long somebody else who was seen using the limit is reckoned with. */
const sharedForMs = 15_000;

/** A window as headers tell it; `guessed`: the one that the last request opened, as long as no answer has told its end. */
interface Told {
  readonly limit: number;
  remaining: number;
  resetAt: number;
  guessed: boolean;
}

/**
 * One limit: a number of requests in a window that opens with the first of them.
 *
 * Where headers tell it, they are believed. Otherwise nobody knows when a window opens on the far side; but if each
 * request leaves a window's length after the answer to the one `requests` before it, no window can hold too many.
 *
 * Other processes of the bot may use the same limit: the headers show it, and then the last request of a window is left to
 * them, since both would take it.
 */
export class Bucket {
  readonly #assumed: Window;
  readonly #fastest: Fastest;
  /** When the last requests were answered; those under way with the time they left. */
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

  /** What is left of the window and how long it lasts, in ms; null where headers have not told it. */
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
    // What is still under way is not in this answer's count.
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
   * When a request may leave to arrive in the next window. The answer tells how long that was to come at a moment between
   * `sentAt` and `now`. Back here and there again takes at least the fastest round trip there was, so by so much
   * earlier it may leave: of the answers within a window each is safe, however slowly its request travelled, and the one
   * that came back fastest tells the earliest.
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
    // The refused one is the last of the answers.
    const passed = this.#answers.slice(0, -1).filter((at) => at > now - this.#assumed.windowMs).length;
    if (ours && passed >= 1 && passed < this.#requests(now)) {
      this.#tight = { requests: passed, until: now + tightForMs };
    }
    if (this.#told) this.#sharedUntil = now + sharedForMs;
    // When the wait is over, the window is a new one.
    this.#answers = [];
  }

  /** Nothing is known that would hold back a request. */
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
