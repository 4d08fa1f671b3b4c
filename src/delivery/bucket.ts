import type { LimitHeaders, Window } from './limits.ts';

/**
 * Added to every end of a window: the clocks of both sides tick apart, and a request that arrives a moment early
 * costs a refusal and the whole wait again.
 */
export const MARGIN_MS = 50;

/** How long a limit found narrower than assumed is kept before the assumption is tried again. */
const TIGHT_FOR_MS = 10 * 60 * 1000;

/**
 * One limit: a number of requests in a window that opens with the first of them. The window is counted from the first
 * answer, which is late rather than early, until the headers say better.
 */
export class Bucket {
  private readonly assumed: Window;
  private requests: number;
  private windowMs: number;
  private used = 0;
  private underWay = 0;
  /** When the current window is over; null: none is open. */
  private resetAt: number | null = null;
  private resetKnown = false;
  private blockedUntil = 0;
  private tightUntil = 0;

  constructor(assumed: Window) {
    this.assumed = assumed;
    this.requests = assumed.requests;
    this.windowMs = assumed.windowMs;
  }

  delay(now: number): number {
    const blocked = Math.max(0, this.blockedUntil - now);
    if (this.resetAt === null || now >= this.resetAt || this.used < this.requests) return blocked;
    return Math.max(blocked, this.resetAt - now);
  }

  sent(now: number): void {
    if (this.resetAt !== null && now >= this.resetAt) this.open();
    if (this.resetAt === null) {
      if (this.tightUntil > 0 && this.tightUntil <= now) {
        this.requests = this.assumed.requests;
        this.tightUntil = 0;
      }
      this.resetAt = now + this.windowMs + MARGIN_MS;
    }
    this.used += 1;
    this.underWay += 1;
  }

  answered(now: number, headers: LimitHeaders | null): void {
    this.underWay = Math.max(0, this.underWay - 1);
    if (headers) {
      this.requests = Math.max(1, headers.limit);
      // What is still under way is not in this answer's count.
      this.used = Math.max(0, headers.limit - headers.remaining) + this.underWay;
      if (headers.remaining === headers.limit - 1) this.windowMs = Math.max(1, headers.resetAfterMs);
      this.resetAt = now + headers.resetAfterMs + MARGIN_MS;
      this.resetKnown = true;
    } else if (!this.resetKnown && this.resetAt !== null && now < this.resetAt) {
      this.resetAt = now + this.windowMs + MARGIN_MS;
      this.resetKnown = true;
    }
  }

  /** A 429 for this limit. `ours`: the count at which it came is the true limit. */
  refused(now: number, retryAfterMs: number, ours: boolean): void {
    this.blockedUntil = Math.max(this.blockedUntil, now + retryAfterMs + MARGIN_MS);
    const passed = this.used - this.underWay - 1;
    if (ours && passed >= 1 && passed < this.requests) {
      this.requests = passed;
      this.tightUntil = now + TIGHT_FOR_MS;
    }
    this.open();
  }

  idle(now: number): boolean {
    return (
      this.underWay === 0 &&
      this.blockedUntil <= now &&
      this.tightUntil <= now &&
      (this.resetAt === null || this.resetAt <= now)
    );
  }

  private open(): void {
    this.used = this.underWay;
    this.resetAt = null;
    this.resetKnown = false;
  }
}
