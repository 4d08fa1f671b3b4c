import { isOfMessage } from '../message-limit.ts';
import type { LimitHeaders } from './bucket.ts';
import type { LimitRefusal } from './rate-limits.ts';

/** What a 429 says, and what it is about. */
export interface RateLimitAnswer extends LimitRefusal {
  /** It comes from the edge, before Discord. */
  readonly edge: boolean;
  /** It is about the one message that was to be edited. */
  readonly ofMessage: boolean;
}

/**
 * Reads a 429. Header and body can disagree: the longer wait counts. If nobody says how long, or if it is no answer
 * of Discord's own but a page, it comes from the edge. `told`: the limit headers, if any. `edits`: it answers the
 * edit of a message.
 */
export function readRateLimit(
  headers: Headers,
  data: Buffer,
  { told, edits }: { readonly told: LimitHeaders | null; readonly edits: boolean },
): RateLimitAnswer {
  const body = parsed(data);
  const headerMs = waitMs(headers.get('Retry-After'));
  const bodyMs = waitMs(body?.retry_after);
  const retryAfterMs = Math.max(headerMs ?? 0, bodyMs ?? 0);
  const global = headers.has('X-RateLimit-Global') || body?.global === true;
  const shared = headers.get('X-RateLimit-Scope') === 'shared';
  const code = typeof body?.code === 'number' ? body.code : null;
  const edge = retryAfterMs === 0 || body === null;
  const remaining = told?.remaining ?? null;
  const ofMessage = edits && !edge && !global && isOfMessage({ code, shared, headerMs, bodyMs, remaining });
  return { retryAfterMs, global, shared, code, edge, ofMessage };
}

/** Null: no wait is named. */
function waitMs(seconds: unknown): number | null {
  const ms = Math.ceil(Number(seconds ?? Number.NaN) * 1000);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** Null: not JSON. */
function parsed(data: Buffer): { retry_after?: unknown; global?: unknown; code?: unknown } | null {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
