/**
 * Stands in for Discord's rate limits (its reference, "Rate Limits"; the figures are in sandbox/README.md with their
 * sources).
 */

/** 'true': Discord's figures. 'off': no limits. `scale` multiplies every window: 0.05 makes 5 s 0.25 s. */
export type LimitMode = 'true' | 'off' | { readonly scale: number };

/** One counter: so many requests in a window, which the first of them opens. */
export interface LimitRule {
  /** The counter: what is limited, and where (a channel, a guild, a token). */
  readonly key: string;
  /** What X-RateLimit-Bucket says to the client. Counters may share a name. Null: it says nothing. */
  readonly bucket: string | null;
  readonly limit: number;
  readonly windowMs: number;
  /** Error code in the body of its 429. */
  readonly code?: number;
  /** Its 429 is about one message, and its header names one second whatever the body says (api-docs#6109). */
  readonly ofMessage?: true;
}

export interface LimitVerdict {
  readonly headers: Record<string, string>;
  /** Null if the request may pass; else the body of the 429. */
  readonly refusal: { readonly scope: string; readonly body: object; readonly retryAfterMs: number } | null;
}

const globalLimit = 50;
const globalWindowMs = 1000;

interface Window {
  opensAt: number;
  used: number;
}

/**
 * The rate limits. A request is counted when it arrives; a refused one is not. The global limit is the strictest
 * reading of Discord's "50 requests per second": no stretch of one second ever holds more than 50.
 */
export class Limits {
  readonly #now: () => number;
  readonly #scale: number;
  readonly #enabled: boolean;
  readonly #windows = new Map<string, Window>();
  #arrivals: number[] = [];

  constructor(mode: LimitMode, now: () => number) {
    this.#now = now;
    this.#enabled = mode !== 'off';
    this.#scale = typeof mode === 'object' ? mode.scale : 1;
  }

  /** Asks every rule. Takes a place in each, but only if all of them have one. */
  take(rules: readonly LimitRule[], countsGlobally: boolean): LimitVerdict {
    if (!this.#enabled) return { headers: {}, refusal: null };
    const now = this.#now();
    if (countsGlobally) {
      const waitMs = this.#globalWait(now);
      if (waitMs > 0)
        return this.#refused(waitMs, 'global', true, undefined, { 'x-ratelimit-global': 'true' });
    }
    for (const rule of rules) {
      const window = this.#window(rule, now);
      if (window.used < rule.limit) continue;
      const waitMs = window.opensAt + rule.windowMs * this.#scale - now;
      const refused = this.#refused(waitMs, 'user', false, rule.code, this.#describe(rules, now));
      return rule.ofMessage ? aboutMessage(refused) : refused;
    }
    if (countsGlobally) this.#arrivals.push(now);
    for (const rule of rules) this.#window(rule, now).used += 1;
    return { headers: this.#describe(rules, now), refusal: null };
  }

  #globalWait(now: number): number {
    const windowMs = globalWindowMs * this.#scale;
    this.#arrivals = this.#arrivals.filter((at) => at > now - windowMs);
    if (this.#arrivals.length < globalLimit) return 0;
    return Math.max(1, this.#arrivals[this.#arrivals.length - globalLimit]! + windowMs - now);
  }

  #window(rule: LimitRule, now: number): Window {
    const found = this.#windows.get(rule.key);
    if (found && now < found.opensAt + rule.windowMs * this.#scale) return found;
    const opened = { opensAt: now, used: 0 };
    this.#windows.set(rule.key, opened);
    return opened;
  }

  #describe(rules: readonly LimitRule[], now: number): Record<string, string> {
    const rule = rules.find((candidate) => candidate.bucket !== null);
    if (!rule) return {};
    const window = this.#window(rule, now);
    const endsAt = window.opensAt + rule.windowMs * this.#scale;
    return {
      'x-ratelimit-limit': String(rule.limit),
      'x-ratelimit-remaining': String(Math.max(0, rule.limit - window.used)),
      'x-ratelimit-reset': (endsAt / 1000).toFixed(3),
      'x-ratelimit-reset-after': (Math.max(1, endsAt - now) / 1000).toFixed(3),
      'x-ratelimit-bucket': rule.bucket!,
    };
  }

  #refused(
    waitMs: number,
    scope: string,
    global: boolean,
    code: number | undefined,
    headers: Record<string, string>,
  ): LimitVerdict {
    const retryAfterMs = Math.max(1, waitMs);
    // The true header counts whole seconds, rounded up. That would drown a scaled window.
    const header = this.#scale === 1 ? Math.ceil(retryAfterMs / 1000) : retryAfterMs / 1000;
    const body = {
      message: 'You are being rate limited.',
      retry_after: Math.ceil(retryAfterMs) / 1000,
      global,
      ...(code === undefined ? {} : { code }),
    };
    return {
      headers: { ...headers, 'retry-after': String(header), 'x-ratelimit-scope': scope },
      refusal: { scope, body, retryAfterMs },
    };
  }
}

function aboutMessage({ headers, refusal }: LimitVerdict): LimitVerdict {
  const message = 'The write action you are performing on the channel has hit the write rate limit.';
  return {
    headers: { ...headers, 'retry-after': '1', 'x-ratelimit-scope': 'shared' },
    refusal: refusal && { ...refusal, scope: 'shared', body: { ...refusal.body, message } },
  };
}
