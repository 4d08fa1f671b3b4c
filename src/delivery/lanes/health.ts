import type { RetryOutcome } from '../delivery-batch.ts';

/** How long a poll may keep failing while others succeed, in ms. */
export const giveUpAfterMs = 60_000;
/** Failures in a row, of this many different polls with no success between, are an outage of Discord's. */
const outageStrikes = 5;
const firstProbeMs = 2_000;
const lastProbeMs = 10_000;
/**
 * A poll under suspicion gets this many more tries: a late failure of an outage that is over is not its own trouble.
 */
const triesUnderSuspicion = 2;

/** `ask`: give it up if Discord answers something else now. */
export type Verdict = 'retry' | 'give up' | 'ask';

interface Failing {
  failures: number;
  /** Since when it fails. An outage does not count: this moves on by its length. */
  since: number;
  /** The failures since another poll's message succeeded while this one had failed twice; null: none has. */
  sinceContrast: number | null;
}

/**
 * Tells a poll's own trouble from an outage. A poll fails for good when it has kept failing for a minute and there is
 * evidence that the trouble is its own: others succeed meanwhile, or the last few of a batch fail while Discord answers
 * something else (`ask`). In an outage nothing is given up: the gate closes, and one request at a time tries whether it
 * is over.
 *
 *   open ──5 different polls fail in a row──► closed ──a success──► open
 *                                             │   ▲
 *                                             └───┘ a probe every 2 … 10 s
 *
 * Knows no clock: every `now` is in ms and given.
 */
export class Health {
  readonly #failing = new Map<number, Failing>();
  readonly #strikes = new Set<number>();
  #closedAt: number | null = null;
  #probe: number | null = null;
  #nextProbeAt = 0;
  #probeDelay = firstProbeMs;

  /** How long the gate stays shut for now, in ms; 0: a request may go. */
  wait(now: number): number {
    if (this.#closedAt === null) return 0;
    // The probe under way opens the gate, or sets the time of the next one.
    if (this.#probe !== null) return lastProbeMs;
    return Math.max(0, this.#nextProbeAt - now);
  }

  get outage(): boolean {
    return this.#closedAt !== null;
  }

  /** A request for the poll starts. While the gate is closed it is the probe. */
  started(pollId: number): void {
    if (this.#closedAt !== null) this.#probe = pollId;
  }

  succeeded(pollId: number, now: number): void {
    this.forget(pollId, now);
    this.#strikes.clear();
    if (this.#closedAt !== null) this.#reopen(now);
    for (const other of this.#failing.values()) {
      if (other.failures >= 2) other.sinceContrast ??= 0;
    }
  }

  /** The poll failed for now. `siblingsDone`: others of its batch have succeeded. */
  failed(pollId: number, now: number, siblingsDone: boolean): Verdict {
    const failing = this.#failing.get(pollId) ?? { failures: 0, since: now, sinceContrast: null };
    this.#failing.set(pollId, failing);
    failing.failures += 1;
    if (failing.sinceContrast !== null) failing.sinceContrast += 1;
    // A poll whose trouble is known to be its own is no sign of an outage.
    if (failing.sinceContrast === null) this.#strikes.add(pollId);
    if (this.#probe === pollId) this.#probeFailed(now);
    else if (this.#closedAt === null && this.#strikes.size >= outageStrikes) this.#close(now);
    if (this.#closedAt !== null || now - failing.since < giveUpAfterMs) return 'retry';
    if (failing.sinceContrast !== null && failing.sinceContrast >= triesUnderSuspicion) return 'give up';
    return siblingsDone ? 'ask' : 'retry';
  }

  /** Its request ended without telling anything about Discord's health, or nobody asks for the poll any more. */
  forget(pollId: number, now: number): void {
    this.#failing.delete(pollId);
    this.inconclusive(pollId, now);
  }

  /** Its request said nothing either way (a rate limit, a claim held elsewhere). */
  inconclusive(pollId: number, now: number): void {
    if (this.#probe !== pollId) return;
    this.#probe = null;
    this.#nextProbeAt = now;
  }

  #probeFailed(now: number): void {
    this.#probe = null;
    this.#probeDelay = Math.min(lastProbeMs, this.#probeDelay * 1.5);
    this.#nextProbeAt = now + this.#probeDelay;
  }

  #close(now: number): void {
    this.#closedAt = now;
    this.#probe = null;
    this.#probeDelay = firstProbeMs;
    this.#nextProbeAt = now + firstProbeMs;
  }

  #reopen(now: number): void {
    const closedAt = this.#closedAt ?? now;
    this.#closedAt = null;
    this.#probe = null;
    for (const failing of this.#failing.values()) failing.since += now - Math.max(closedAt, failing.since);
  }
}

/** The final outcome of a poll that was given up. */
export function givenUp(last: RetryOutcome): { type: 'failed'; code: string; reason: string; scope: 'poll' } {
  const reason = /^\d{3}$/.test(last.code)
    ? `Discord kept answering ${last.code}`
    : `no success for a minute: ${last.reason}`;
  return { type: 'failed', code: last.code, reason, scope: 'poll' };
}
