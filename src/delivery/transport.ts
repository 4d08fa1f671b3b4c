import { DefaultRestOptions, type RESTOptions } from '@discordjs/rest';
import { type Clock, systemClock } from '../clock.ts';
import type { LimitHeaders } from './bucket.ts';
import type { Limits, Refusal } from './limits.ts';
import { type Pace, PEOPLE_FIRST } from './pace.ts';
import { type RequestKind, showingKind } from './request-kind.ts';
import { NotSentError, PRIORITY_HEADER, SEND_BEFORE_HEADER, SERVER_HEADER } from './rest-calls.ts';

/** From the start of a request to the end of its answer; less than a claim on a poll lives. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** One answered or failed request, without its path: paths carry tokens. */
export interface SentRequest {
  readonly kind: RequestKind | 'interaction' | 'other';
  /** Null where no answer came. */
  readonly status: number | null;
  readonly durationMs: number;
  /** How long it waited for its turn. */
  readonly waitedMs: number;
}

type MakeRequest = RESTOptions['makeRequest'];
type Answer = Awaited<ReturnType<MakeRequest>>;

/**
 * Options for the REST client of discord.js, whose own waiting and repeating are turned off: requests start at our pace,
 * waits happen in the lanes, where they can be stopped, and `retries` would repeat at once, POSTs too.
 *
 * - Interaction callbacks and follow-ups are exempt from the pace (Discord exempts them from the global limit).
 * - The limit headers of message routes go to `limits` and are taken off the answer: two bookkeepers would disagree,
 *   and discord.js keeps POST and PATCH in one bucket where Discord gives them the same hash.
 * - A 429 on a message route rejects with a `RateLimitError`; elsewhere discord.js waits it out.
 */
export function restOptions(parts: {
  /** Without a slash at the end; undefined: Discord's own. */
  readonly apiUrl?: string | undefined;
  readonly pace: Pace;
  readonly limits: Limits;
  readonly observe?: (request: SentRequest) => void;
  readonly clock?: Clock;
  /** For tests; by default that of discord.js. */
  readonly makeRequest?: MakeRequest;
}): Partial<RESTOptions> {
  const send = parts.makeRequest ?? DefaultRestOptions.makeRequest;
  return {
    ...(parts.apiUrl ? { api: parts.apiUrl } : {}),
    retries: 0,
    // Runs from before the wait for a turn, so it only guards against a lost turn; each request has its own below.
    timeout: 10 * 60_000,
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    rejectOnRateLimit: ({ route }) =>
      /^\/channels\/:id\/messages(\/:id|\/bulk-delete)?(\/Delete Old Message)?$/.test(route),
    makeRequest: (url, init) => pacedRequest(send, url, init, parts),
  };
}

async function pacedRequest(
  send: MakeRequest,
  url: string,
  init: Parameters<MakeRequest>[1],
  { pace, limits, observe, clock = systemClock }: Parameters<typeof restOptions>[0],
): Promise<Answer> {
  const { headers, priority, sendBefore, server } = takePrivateHeaders(init.headers);
  const target = targetOf(url, init.method ?? 'GET', clock.now().getTime(), server);
  const asked = clock.monotonic();
  if (target.kind !== 'interaction') await pace.turn(priority);
  const started = clock.monotonic();
  if (started > sendBefore) throw new NotSentError('the request waited too long for its turn');
  // Somebody else may have used the channel's limit up meanwhile.
  const crowded = target.channelId && limits.delay(target.channelId, target.kind, started) > 0;
  if (crowded && Number.isFinite(sendBefore))
    throw new NotSentError("the channel's limit was used up meanwhile");
  if (init.signal?.aborted) throw new NotSentError('the request was abandoned before its turn');
  if (target.channelId) limits.sent(target.channelId, target.kind, started);
  let status: number | null = null;
  let headersSeen: LimitHeaders | null = null;
  let refusal: Refusal | null = null;
  try {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal as AbortSignal, timeout]) : timeout;
    const answer = await send(url, { ...init, headers, signal } as typeof init);
    const data = Buffer.from(await answer.arrayBuffer());
    status = answer.status;
    const answerHeaders = new Headers([...answer.headers]);
    if (target.channelId) headersSeen = limitHeaders(answerHeaders);
    if (status === 429) {
      refusal = refusalOf(answerHeaders, data);
      answerHeaders.set('Retry-After', String(refusal.retryAfterMs / 1000));
      if (refusal.global) {
        answerHeaders.set('X-RateLimit-Global', 'true');
        pace.pause(refusal.retryAfterMs);
        limits.pauseAll(clock.monotonic(), refusal.retryAfterMs);
      }
    }
    if (target.channelId) for (const name of bookkeeping) answerHeaders.delete(name);
    return new Response(hasNoBody(status) ? null : data, {
      status,
      statusText: answer.statusText,
      headers: answerHeaders,
    }) as unknown as Answer;
  } finally {
    const ended = clock.monotonic();
    if (target.channelId) limits.answered(target.channelId, target.kind, ended, headersSeen, refusal);
    observe?.({ kind: target.kind, status, durationMs: ended - started, waitedMs: started - asked });
  }
}

const bookkeeping = [
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-RateLimit-Reset-After',
  'X-RateLimit-Bucket',
];

function takePrivateHeaders(given: unknown) {
  const headers = { ...(given as Record<string, string>) };
  const priority = Number(headers[PRIORITY_HEADER] ?? PEOPLE_FIRST);
  const sendBefore = Number(headers[SEND_BEFORE_HEADER] ?? Number.POSITIVE_INFINITY);
  const server = headers[SERVER_HEADER];
  delete headers[PRIORITY_HEADER];
  delete headers[SEND_BEFORE_HEADER];
  delete headers[SERVER_HEADER];
  return { headers, priority, sendBefore, server };
}

/** `channelId`: where the limit is; the server for a bulk-delete. */
type Target =
  | { readonly kind: RequestKind; readonly channelId: string }
  | { readonly kind: 'interaction' | 'other'; readonly channelId: null };

function targetOf(url: string, method: string, now: number, server: string | undefined): Target {
  const path = new URL(url).pathname;
  if (/\/interactions\/\d+\/[^/]+\/callback$/.test(path) || /\/webhooks\/\d+\/[^/]+/.test(path)) {
    return { kind: 'interaction', channelId: null };
  }
  const bulk = /\/channels\/(\d+)\/messages\/bulk-delete$/.exec(path);
  if (bulk) return { kind: 'bulk-delete', channelId: server ?? bulk[1]! };
  const [, channelId, messageId] = /\/channels\/(\d+)\/messages(?:\/(\d+))?$/.exec(path) ?? [];
  if (channelId && method === 'POST' && !messageId) return { kind: 'post', channelId };
  if (channelId && method === 'PATCH' && messageId) return { kind: showingKind(messageId, now), channelId };
  if (channelId && method === 'DELETE' && messageId) return { kind: 'delete', channelId };
  return { kind: 'other', channelId: null };
}

function limitHeaders(headers: Headers): LimitHeaders | null {
  const [limit, remaining, resetAfter] = ['Limit', 'Remaining', 'Reset-After'].map((name) => {
    const value = headers.get(`X-RateLimit-${name}`);
    return value === null ? Number.NaN : Number(value);
  }) as [number, number, number];
  if (![limit, remaining, resetAfter].every(Number.isFinite)) return null;
  return { limit, remaining, resetAfterMs: resetAfter * 1000 };
}

/** Header and body can disagree: the longer wait counts. A 429 from a proxy may have neither. */
function refusalOf(headers: Headers, data: Buffer): Refusal {
  const body = parsed(data);
  const waits = [Number(headers.get('Retry-After') ?? Number.NaN), Number(body.retry_after ?? Number.NaN)];
  const seconds = Math.max(...waits.filter((wait) => Number.isFinite(wait) && wait > 0), 0) || 1;
  return {
    retryAfterMs: Math.ceil(seconds * 1000),
    global: headers.has('X-RateLimit-Global') || body.global === true,
    shared: headers.get('X-RateLimit-Scope') === 'shared',
    code: typeof body.code === 'number' ? body.code : null,
  };
}

function parsed(data: Buffer): { retry_after?: unknown; global?: unknown; code?: unknown } {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    // A proxy in between answers with a page of its own, which says nothing about limits.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
