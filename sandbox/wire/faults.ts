/**
 * Stands in for what goes wrong between Discord and a bot. It is not in Discord's reference; issues are named where
 * they tell of it.
 */

import type { RequestRecord } from './request-record.ts';

export interface Fault {
  /** Which requests it hits: all given parts must fit. */
  readonly match:
    | ((request: RequestRecord) => boolean)
    | { readonly method?: string; readonly path?: RegExp; readonly body?: (body: unknown) => boolean };
  /** How many requests it hits before it is spent. Default: every one. */
  readonly times?: number;
  /** How many requests that fit pass first. */
  readonly skip?: number;
  /** Answers with this status instead of doing anything. */
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** The answer's text as it is, instead of JSON. */
  readonly html?: string;
  /** Waits this long before anything else happens. */
  readonly delayMs?: number;
  /** Does it, and waits this long before answering. */
  readonly delayReplyMs?: number;
  /** Does it, and cuts the connection instead of answering. */
  readonly loseReply?: boolean;
  /** Cuts the connection without doing it. */
  readonly loseRequest?: boolean;
  /** Awaited before it is done: a test can hold a request there. */
  readonly before?: (request: RequestRecord) => void | Promise<void>;
  /** Awaited after it is done and before it is answered. */
  readonly after?: (request: RequestRecord) => void | Promise<void>;
}

/** A fault in place. */
export interface ActiveFault {
  readonly fault: Fault;
  /** How many requests it has hit. */
  readonly hits: number;
  remove(): void;
}

/** Requests that wait at Discord's door. */
export interface HeldRequests {
  /** Resolves once as many wait as were wanted. */
  readonly reached: Promise<void>;
  /** Lets them and all later ones through. */
  release(): void;
}

/** `'503'`: everything answers 503; `'refuse'`: every connection is cut; false: all is well. */
export type Outage = '503' | 'refuse' | false;

export class Faults {
  outage: Outage = false;
  readonly #active = new Set<{ fault: Fault; hits: number; seen: number }>();

  add(fault: Fault): ActiveFault {
    const entry = { fault, hits: 0, seen: 0 };
    this.#active.add(entry);
    return {
      fault,
      get hits() {
        return entry.hits;
      },
      remove: () => this.#active.delete(entry),
    };
  }

  /**
   * Holds the fitting requests from the one after the first `pass` on, at most `times` of them. `wanted`: how many
   * `reached` waits for.
   */
  hold(match: Fault['match'], { pass = 0, times = Infinity, wanted = 1 } = {}): HeldRequests {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    let waiting = 0;
    const before = async () => {
      waiting += 1;
      if (waiting === wanted) reached.resolve();
      await released.promise;
    };
    const fault = this.add({ match, skip: pass, times, before });
    const release = () => {
      fault.remove();
      released.resolve();
    };
    return { reached: reached.promise, release };
  }

  /**
   * The edge refuses requests before Discord sees them: 429 with a page of HTML, and no header that says how long
   * (api-docs#5810).
   */
  addEdge(which: Pick<Fault, 'match' | 'times' | 'skip'>): ActiveFault {
    return this.add({
      ...which,
      status: 429,
      html: '<html><title>Error 1015</title>You are being rate limited</html>',
    });
  }

  clear(): void {
    this.#active.clear();
    this.outage = false;
  }

  /** The first fault that hits this request; its hit is counted. */
  take(request: RequestRecord): Fault | null {
    for (const entry of this.#active) {
      if (!fits(entry.fault, request)) continue;
      entry.seen += 1;
      if (entry.seen <= (entry.fault.skip ?? 0)) continue;
      entry.hits += 1;
      if (entry.hits >= (entry.fault.times ?? Number.POSITIVE_INFINITY)) this.#active.delete(entry);
      return entry.fault;
    }
    return null;
  }
}

function fits({ match }: Fault, request: RequestRecord): boolean {
  if (typeof match === 'function') return match(request);
  if (match.method && match.method !== request.method) return false;
  if (match.path && !match.path.test(request.path)) return false;
  return match.body ? match.body(request.body) : true;
}
