import { globalWindow } from './rate-limits.ts';

/**
 * In so many ms no more requests start than Discord allows in a second. Discord counts where they arrive: measured,
 * 1.05 s earn no refusal with round trips of 80 to 120 ms, while whole seconds do.
 */
const windowMs = 1_050;
/**
 * After a global refusal all the same, the requests arrive less evenly. The window is longer by this factor from then
 * on …
 */
const wider = 1.03;
const widestMs = 1_400;
/** … until there was none for so many ms. */
const wideForMs = 10 * 60_000;

/** The average time between the starts of two requests, in ms, if nothing but the pace holds them back. */
export const paceIntervalMs = windowMs / globalWindow.requests;

/** When requests have started lately, as the global limit counts them. Every `now` is in ms and given. */
export class StartWindow {
  #starts: number[] = [];
  #lastStart = Number.NEGATIVE_INFINITY;
  #ms = windowMs;
  #widenedAt = 0;

  /** A request starts. */
  add(now: number): void {
    this.#starts.push(now);
    this.#lastStart = now;
  }

  /** How many have started in the window that ends now. */
  count(now: number): number {
    return this.#started(now).length;
  }

  /** In how many ms the window has room for one more, if it takes `requests`; 0: at once. */
  wait(now: number, requests: number): number {
    const full = this.#started(now).at(-requests);
    return full === undefined ? 0 : full + this.#ms - now;
  }

  /** In how many ms the last start is `gapMs` ago; 0 or less: it is already. */
  gapLeft(now: number, gapMs: number): number {
    return this.#lastStart + gapMs - now;
  }

  /** Discord refused a request for its global limit: the window is longer for a while. */
  widen(now: number): void {
    this.#ms = Math.min(widestMs, this.#ms * wider);
    this.#widenedAt = now;
  }

  #started(now: number): readonly number[] {
    if (now - this.#widenedAt >= wideForMs) this.#ms = windowMs;
    this.#starts = this.#starts.filter((at) => at > now - this.#ms);
    return this.#starts;
  }
}
