/**
 * Pauses double from the first to the last, in ms. Up to a quarter is added at random, so that processes do not try
 * together.
 */
const firstPauseMs = 1_000;
const lastPauseMs = 60_000;

/**
 * What Discord's edge refuses (429 without any word on how long: discord/discord-api-docs#5810) it refuses to everybody at
 * this address, interactions included. So nothing goes, but one request at a time that tries, after pauses that grow.
 *
 *   open ──refused──► closed ──the trial is answered──► open
 *                      │   ▲
 *                      └───┘ the trial is refused: twice the pause
 *
 * Knows no clock: every `now` is in ms and given.
 */
export class Edge {
  readonly #random: () => number;
  #closedUntil: number | null = null;
  #pauseMs = firstPauseMs;
  #trying = false;

  /** `random`: in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long a request must wait, in ms; Infinity: until the trial under way is answered. */
  wait(now: number): number {
    if (this.#closedUntil === null) return 0;
    return this.#trying ? Number.POSITIVE_INFINITY : Math.max(0, this.#closedUntil - now);
  }

  /** A request starts. Returns whether it is the trial; its end must be told. */
  started(): boolean {
    if (this.#closedUntil === null) return false;
    this.#trying = true;
    return true;
  }

  /**
   * The edge refused. Returns how long everything waits now, in ms. `atLeastMs`: what the refusal asks for, if it
   * does.
   */
  refused(now: number, trial: boolean, atLeastMs: number): number {
    // Other requests that were under way when it closed say nothing new.
    if (trial || this.#closedUntil === null) {
      this.#pauseMs = trial ? Math.min(lastPauseMs, this.#pauseMs * 2) : firstPauseMs;
      this.#closedUntil = now + Math.max(atLeastMs, this.#pauseMs * (1 + this.#random() / 4));
      this.#trying = false;
    }
    return this.#closedUntil - now;
  }

  /** Discord itself answered, whatever it said. */
  answered(trial: boolean): void {
    if (!trial) return;
    this.#closedUntil = null;
    this.#trying = false;
  }

  /** The trial ended without an answer, or was not sent after all. The next request tries. */
  unanswered(trial: boolean): void {
    if (trial) this.#trying = false;
  }
}
