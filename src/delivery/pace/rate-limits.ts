import type { MessageLimit } from '../message-limit.ts';
import type { RequestKind } from '../request-kind.ts';
import { Bucket, type Fastest, type LimitHeaders, type Room, type Window } from './bucket.ts';

/**
 * What is assumed of each channel (bulk-delete: of each server) before Discord has said anything.
 * - post, edit: 5 in 5 s, as bot authors observe it; the headers of each answer confirm or correct it.
 * - edit-old: 3 in 6 s (discord-userdoccers, error 30046); no header tells it.
 * - delete: 5 in 1 s is the narrowest of the variants in discord/discord-api-docs#8330.
 * - bulk-delete: 1 in 1 s, an old figure among bot authors; the headers confirm or correct it.
 */
export const channelWindows: Readonly<Record<RequestKind, Window>> = {
  post: { requests: 5, windowMs: 5_000 },
  edit: { requests: 5, windowMs: 5_000 },
  'edit-old': { requests: 3, windowMs: 6_000 },
  delete: { requests: 5, windowMs: 1_000 },
  'bulk-delete': { requests: 1, windowMs: 1_000 },
};

/** Requests of one bot in a second; interactions are exempt (Discord's API reference, "Rate Limits"). */
export const globalWindow: Window = { requests: 50, windowMs: 1_000 };

/** What a 429 says. `global`: the whole bot waits. `shared`: others used the limit up too. */
export interface LimitRefusal {
  readonly retryAfterMs: number;
  readonly global: boolean;
  readonly shared: boolean;
  /** 30046 names the limit of old messages. */
  readonly code: number | null;
}

/** The answer to a request. */
export interface Answered {
  readonly now: number;
  /** Null: there are none. */
  readonly headers: LimitHeaders | null;
  /** Default: it was not refused for a limit. */
  readonly refusal?: LimitRefusal | null;
}

/**
 * What is known of Discord's limits: by channel (for bulk deletes by server) and kind, and of published messages by
 * message. First it is assumed, then it is as the answers say. Knows no clock: every `now` is in ms and given.
 * Requests under way count, so two senders in a channel share what is left.
 */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();
  readonly #fastest = new Map<RequestKind, Fastest>();
  readonly #messages = new Map<string, { readonly until: number; readonly code: number | null }>();
  #globalUntil = 0;

  /** How long a request of `kind` in the channel must wait, in ms; 0: it may go. */
  delay(channelId: string, kind: RequestKind, now: number): number {
    const waits = partsOf(kind).map((part) => this.#buckets.get(`${channelId} ${part}`)?.delay(now) ?? 0);
    return Math.max(0, this.#globalUntil - now, ...waits);
  }

  /** What is left of the channel's present window of edits; null if Discord has not told it. */
  editRoom(channelId: string, now: number): Room | null {
    return this.#buckets.get(`${channelId} edit`)?.room(now) ?? null;
  }

  /** How long this one message may not be edited yet; null: it is not held back. */
  ofMessage(messageId: string, now: number): MessageLimit | null {
    const known = this.#messages.get(messageId);
    return known && known.until > now ? { afterMs: known.until - now, code: known.code } : null;
  }

  /** The messages that are held back now. */
  heldMessages(now: number): string[] {
    return [...this.#messages].filter(([, { until }]) => until > now).map(([id]) => id);
  }

  /** Discord refused to edit this one message for a while. */
  messageRefused(messageId: string, now: number, { afterMs, code }: MessageLimit): void {
    for (const [id, { until }] of this.#messages) if (until <= now) this.#messages.delete(id);
    this.#messages.set(messageId, { until: now + afterMs, code });
  }

  /** A request leaves now. */
  sent(channelId: string, kind: RequestKind, now: number): void {
    for (const part of partsOf(kind)) this.#bucket(channelId, part, now).sent(now);
  }

  /** A request was answered or failed. To be called once for each `sent`. */
  answered(channelId: string, kind: RequestKind, { now, headers, refusal = null }: Answered): void {
    if (refusal?.global) this.pauseAll(now, refusal.retryAfterMs);
    const blamed = refusal?.code === 30046 ? 'edit-old' : headers?.remaining === 0 ? baseOf(kind) : kind;
    for (const part of partsOf(kind)) {
      // The headers tell of the channel's bucket. Nothing tells of the sublimit of old messages.
      const bucket = this.#bucket(channelId, part, now);
      bucket.answered(now, part === 'edit-old' ? null : headers);
      if (refusal && !refusal.global && part === blamed) {
        // If headers tell the limit, a refusal teaches nothing about it.
        const untold = part === 'edit-old' || headers === null;
        bucket.refused(now, refusal.retryAfterMs, untold && !refusal.shared);
      }
    }
  }

  /** The global limit was hit. */
  pauseAll(now: number, ms: number): void {
    this.#globalUntil = Math.max(this.#globalUntil, now + ms);
  }

  #bucket(channelId: string, kind: RequestKind, now: number): Bucket {
    const key = `${channelId} ${kind}`;
    const known = this.#buckets.get(key);
    if (known) return known;
    if (this.#buckets.size >= 10_000) this.#forgetIdle(now);
    const bucket = new Bucket(channelWindows[kind], this.#fastestOf(kind));
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #fastestOf(kind: RequestKind): Fastest {
    const known = this.#fastest.get(kind);
    if (known) return known;
    const none: Fastest = { tripMs: null };
    this.#fastest.set(kind, none);
    return none;
  }

  #forgetIdle(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.idle(now)) this.#buckets.delete(key);
  }
}

/** An edit of an old message uses up the channel's limit of edits too. */
function partsOf(kind: RequestKind): readonly RequestKind[] {
  return kind === 'edit-old' ? ['edit-old', 'edit'] : [kind];
}

function baseOf(kind: RequestKind): RequestKind {
  return kind === 'edit-old' ? 'edit' : kind;
}
