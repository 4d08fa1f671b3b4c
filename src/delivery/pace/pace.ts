import { type Clock, systemClock } from '../../base/clock.ts';
import { NotSentError } from '../rest-calls.ts';
import { Edge } from './edge.ts';
import { InvalidRequests } from './invalid-requests.ts';
import { globalWindow } from './rate-limits.ts';
import { RoundRobin } from './round-robin.ts';
import { StartWindow } from './start-window.ts';

/** The shortest time between the starts of two requests, in ms: nothing is released in a bunch. */
const gapMs = 12;
/** How many requests background work leaves free in each window while people ask for something. */
const keptForPeople = 2;
const peopleAroundMs = 10_000;

/** What a person waits for goes first. Background work has the urgency of its lane instead. */
export const peopleFirst = 1_000_000;

/** Interactions: Discord exempts them from the global limit. */
export const exemptPriority = Number.POSITIVE_INFINITY;

/** What this process may use of the bot's global limit. */
export interface PaceShare {
  /** Requests in each window, at least 1. */
  readonly requests: number;
  /** How many processes share the limit, this one included. */
  readonly processes: number;
  /** Something must wait for want of a larger share. */
  wanted(): void;
  /** Discord's global limit was hit: nobody should send anything for so many ms. */
  refused(ms: number): void;
}

/** The share of the only process. */
const everything: PaceShare = {
  requests: globalWindow.requests,
  processes: 1,
  wanted: () => undefined,
  refused: () => undefined,
};

/** Who asks for a turn. */
export interface TurnRequest {
  /** Higher goes first, equals in order. `exemptPriority` and `peopleFirst` are ahead of everything else. */
  readonly priority: number;
  /** Background work takes turns by this name. */
  readonly turn?: string;
  /** The time, by the monotonic clock in ms, after which it is of no use. */
  readonly until?: number;
}

interface Waiting {
  readonly priority: number;
  readonly until: number;
  start(): void;
  giveUp(): void;
}

/** How a request ended. */
export interface RequestEnd {
  /** What `turn` resolved with. */
  readonly trial: boolean;
  /** Discord itself answered. */
  readonly answered: boolean;
  /** Whether it counts towards a ban. */
  readonly invalid: boolean;
}

/**
 * Lets requests start one after the other: interactions, then people's, then background work, whose operations take
 * turns. Only the start is paced: nobody holds a slot while waiting for an answer.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #share: PaceShare;
  readonly #edge: Edge;
  readonly #invalid: InvalidRequests;
  readonly #exempt = new RoundRobin<Waiting>();
  readonly #people = new RoundRobin<Waiting>();
  readonly #background = new RoundRobin<Waiting>();
  /** Exempt requests are not counted. */
  readonly #window = new StartWindow();
  #resumeAt = 0;
  #peopleAt = Number.NEGATIVE_INFINITY;
  #peak = 0;
  #timer = new AbortController();

  constructor(
    parts: {
      readonly clock?: Clock;
      readonly gapMs?: number;
      readonly share?: PaceShare;
      /** In [0, 1). */
      readonly random?: () => number;
      readonly invalid?: InvalidRequests;
    } = {},
  ) {
    this.#clock = parts.clock ?? systemClock;
    this.#gapMs = parts.gapMs ?? gapMs;
    this.#share = parts.share ?? everything;
    this.#edge = new Edge(parts.random ?? Math.random);
    this.#invalid = parts.invalid ?? new InvalidRequests();
  }

  /**
   * Resolves when the request may start, and then it must; `ended` must be told its end. True: it is the trial that
   * finds out whether the edge lets anything pass again. Rejects with `NotSentError` when its time is over.
   */
  turn({ priority, turn = '', until = Number.POSITIVE_INFINITY }: TurnRequest): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        priority,
        until,
        start: () => resolve(this.#edge.started()),
        giveUp: () => reject(new NotSentError('the request waited too long for its turn')),
      };
      if (priority === exemptPriority) this.#exempt.push('', waiting);
      else if (priority >= peopleFirst) this.#people.push('', waiting);
      else this.#background.push(turn, waiting);
      const now = this.#clock.monotonic();
      if (this.#people.length > 0) this.#peopleAt = now;
      this.#pump();
      this.#peak = Math.max(this.#peak, this.#demand(now));
    });
  }

  ended({ trial, answered, invalid }: RequestEnd): void {
    if (invalid) this.#invalid.add(this.#clock.monotonic());
    if (answered) this.#edge.answered(trial);
    else this.#edge.unanswered(trial);
    if (trial) this.#pump();
  }

  /**
   * The edge refused a request. Returns how long everything waits now, in ms. Call `ended` as well, as not answered.
   */
  refusedByEdge(trial: boolean, atLeastMs: number): number {
    const ms = this.#edge.refused(this.#clock.monotonic(), trial, atLeastMs);
    this.#pump();
    return ms;
  }

  /** Discord's global limit was hit: nobody starts for `ms`, and fewer start from then on. */
  refusedGlobally(ms: number): void {
    const now = this.#clock.monotonic();
    // Requests that were under way together are one refusal.
    if (now >= this.#resumeAt) {
      this.#window.widen(now);
      this.#share.refused(ms);
    }
    this.pause(ms);
  }

  /** The share has changed: more may start at once. */
  shareChanged(): void {
    this.#pump();
  }

  /** Nobody starts for `ms`, except interactions. */
  pause(ms: number): void {
    this.#resumeAt = Math.max(this.#resumeAt, this.#clock.monotonic() + ms);
    this.#pump();
  }

  get waiting(): number {
    return this.#exempt.length + this.#people.length + this.#background.length;
  }

  /** How many requests of the last ten minutes count towards a ban. */
  get invalidRequests(): number {
    return this.#invalid.count(this.#clock.monotonic());
  }

  /** The most requests that were wanted within a window since this was asked last. */
  takeDemand(): number {
    const peak = this.#peak;
    this.#peak = this.#demand(this.#clock.monotonic());
    return Math.max(peak, this.#peak);
  }

  #demand(now: number): number {
    return this.#window.count(now) + this.#people.length + this.#background.length;
  }

  /** Starts whatever may start, and comes back when the next request may. */
  #pump(): void {
    const now = this.#clock.monotonic();
    let waitMs = Number.POSITIVE_INFINITY;
    for (const queue of [this.#exempt, this.#people, this.#background]) {
      for (const late of queue.remove(({ until }) => until <= now)) late.giveUp();
      for (;;) {
        const name = queue.next();
        if (name === null) break;
        const ms = this.#waitOf(queue, now);
        if (ms > 0) {
          const untils = queue.inTurn().flatMap((all) => all.map(({ until }) => until - now));
          waitMs = Math.min(waitMs, ms, ...untils);
          break;
        }
        const next = mostUrgent(queue.of(name));
        queue.serve(name, [next]);
        if (queue !== this.#exempt) this.#window.add(now);
        next.start();
      }
    }
    this.#comeBackIn(waitMs);
  }

  #waitOf(queue: RoundRobin<Waiting>, now: number): number {
    if (queue === this.#exempt) return this.#edge.wait(now);
    return this.#wait(now, queue === this.#people ? 'people' : 'background');
  }

  /** How long the next request of people, or of background work, must wait, in ms. */
  #wait(now: number, whose: 'people' | 'background'): number {
    const { requests, processes } = this.#share;
    const keeps = whose === 'background' && now - this.#peopleAt < peopleAroundMs;
    const windowMs = this.#window.wait(now, Math.max(1, requests - (keeps ? keptForPeople : 0)));
    if (windowMs > 0) this.#share.wanted();
    const invalidMs = whose === 'background' ? this.#invalid.gapMs(now, processes) : 0;
    const gapMs = this.#window.gapLeft(now, Math.max(this.#gapMs, invalidMs));
    return Math.max(this.#edge.wait(now), this.#resumeAt - now, gapMs, windowMs);
  }

  #comeBackIn(ms: number): void {
    this.#timer.abort();
    if (ms === Number.POSITIVE_INFINITY) return;
    const timer = new AbortController();
    this.#timer = timer;
    void this.#clock.sleep(ms, timer.signal).then(() => {
      if (!timer.signal.aborted) this.#pump();
    });
  }
}

/** The first of those with the highest priority. */
function mostUrgent(queue: readonly Waiting[]): Waiting {
  return queue.reduce((best, other) => (other.priority > best.priority ? other : best));
}
