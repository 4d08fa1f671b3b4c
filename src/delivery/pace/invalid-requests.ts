/**
 * 10,000 answers of 401, 403 and 429 (shared limits excepted) in ten minutes get an address banned (Discord's API
 * reference, "Invalid Request Limit").
 */
const spanMs = 10 * 60_000;
/** A tenth less than Discord's limit. */
const most = 9_000;
/** From here on requests that nobody waits for become rare. */
const many = 4_000;
/** Requests within so many ms are counted together: the count is as precise as that. */
const stepMs = 10_000;

/** Counts the requests that Discord calls invalid, and slows background work down well before they earn a ban. */
export class InvalidRequests {
  readonly #onMany: (count: number) => void;
  #steps: { since: number; count: number }[] = [];
  #many = false;

  /** `onMany` is called once each time that they become many. */
  constructor(onMany: (count: number) => void = () => undefined) {
    this.#onMany = onMany;
  }

  /** One request was answered so. `now` in ms. */
  add(now: number): void {
    const step = this.#steps.at(-1);
    if (step && now < step.since + stepMs) step.count += 1;
    else this.#steps.push({ since: now, count: 1 });
    const count = this.count(now);
    if (count >= many && !this.#many) this.#onMany(count);
    this.#many = count >= many;
  }

  /** How many there were in the last ten minutes. */
  count(now: number): number {
    this.#steps = this.#steps.filter(({ since }) => since + stepMs > now - spanMs);
    return this.#steps.reduce((sum, { count }) => sum + count, 0);
  }

  /**
   * The least distance between requests of background work, in ms. Even if every one of them were refused, they would
   * stay below the limit. `processes` share the address.
   */
  gapMs(now: number, processes: number): number {
    const count = this.count(now) * processes;
    if (count < many) return 0;
    return (spanMs * processes) / Math.max(1, most - count);
  }
}
