import { DefaultRestOptions, type RESTOptions } from '@discordjs/rest';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type RequestKind, showingKind } from '../request-kind.ts';
import {
  MessageLimitError,
  NotSentError,
  priorityHeader,
  sendBeforeHeader,
  serverHeader,
  turnHeader,
} from '../rest-calls.ts';
import type { LimitHeaders } from './bucket.ts';
import { exemptPriority, type Pace, peopleFirst, type TurnRequest } from './pace.ts';
import { type RateLimitAnswer, readRateLimit } from './rate-limit-answer.ts';
import type { RateLimits } from './rate-limits.ts';

/** The longest time from the start of a request to the end of its answer, in ms: less than a claim on a poll lives. */
export const requestTimeoutMs = 10_000;
/**
 * How long an interaction's request may wait, in ms, while the edge refuses everything. Discord takes the first
 * response within 3 s (Interactions, "Receiving and Responding"). What comes later can be sent again.
 */
const usefulForMs = { callback: 2_500, interaction: 10_000 } as const;

/** One request that was answered or failed, without its path, because paths carry tokens. */
export interface SentRequest {
  readonly kind: RequestKind | 'interaction' | 'other';
  /** Null if no answer came. */
  readonly status: number | null;
  readonly durationMs: number;
  /** How long it waited for its turn. */
  readonly waitedMs: number;
}

type MakeRequest = RESTOptions['makeRequest'];
type Answer = Awaited<ReturnType<MakeRequest>>;

/**
 * Options for the REST client of discord.js. Its own waiting and repeating are turned off: requests start at our
 * pace, waits happen in the lanes, where they can be stopped, and `retries` would repeat at once, POSTs too.
 *
 * - Interaction callbacks and follow-ups are exempt from the pace (Discord exempts them from the global limit), but
 *   not from the edge: while that refuses everything they go first, each of them the trial that may end it.
 * - The limit headers of message routes go to `limits` and are taken off the answer. Two bookkeepers would disagree,
 *   and discord.js keeps POST and PATCH in one bucket because Discord gives them the same hash.
 * - A 429 rejects with a `RateLimitError` on a message route, on what delivery asks beside it, and on the first
 *   response to an interaction. Elsewhere discord.js waits it out, and nobody can stop it. A 429 that is about the
 *   edited message alone rejects with a `MessageLimitError`.
 */
export function restOptions(parts: {
  /** Without a slash at the end; undefined: Discord's own. */
  readonly apiUrl?: string | undefined;
  readonly pace: Pace;
  readonly rateLimits: RateLimits;
  readonly observe?: (request: SentRequest) => void;
  readonly clock?: Clock;
  /** For tests. Default: that of discord.js. */
  readonly makeRequest?: MakeRequest;
}): Partial<RESTOptions> {
  const send = parts.makeRequest ?? DefaultRestOptions.makeRequest;
  return {
    ...(parts.apiUrl ? { api: parts.apiUrl } : {}),
    retries: 0,
    // It counts from before the wait for a turn, so it only guards against a lost turn. Each request has its own
    // limit below.
    timeout: 10 * 60_000,
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    rejectOnRateLimit: ({ method, route }) => rejected.test(`${method} ${route}`),
    makeRequest: (url, init) => pacedRequest(send, url, init, parts),
  };
}

/** Method and route: those of messages; opening a thread, opening a direct channel, and asking whether Discord is there; callbacks. */
const rejected = new RegExp(
  [
    '^\\w+ /channels/:id/messages(/:id|/bulk-delete)?(/Delete Old Message)?$',
    '^PATCH /channels/:id$',
    '^POST /users/@me/channels$',
    '^GET /users/@me$',
    '^\\w+ /interactions/:id/:token/callback$',
  ].join('|'),
);

async function pacedRequest(
  send: MakeRequest,
  url: string,
  init: Parameters<MakeRequest>[1],
  { pace, rateLimits, observe, clock = systemClock }: Parameters<typeof restOptions>[0],
): Promise<Answer> {
  const { headers, asking, server } = takePrivateHeaders(init.headers);
  const asked = clock.monotonic();
  const target = targetOf(url, init.method ?? 'GET', clock.now().getTime(), server);
  const exempt = target.kind === 'callback' || target.kind === 'interaction';
  const trial = await pace.turn(
    exempt ? { priority: exemptPriority, until: asked + usefulForMs[target.kind] } : asking,
  );
  const started = clock.monotonic();
  let status: number | null = null;
  let headersSeen: LimitHeaders | null = null;
  let refusal: RateLimitAnswer | null = null;
  let sent = false;
  try {
    if (init.signal?.aborted) throw new NotSentError('the request was abandoned before its turn');
    // Somebody else may have used up the channel's limit meanwhile.
    const crowded = target.channelId && rateLimits.delay(target.channelId, target.kind, started) > 0;
    if (crowded && asking.until !== undefined)
      throw new NotSentError("the channel's limit was used up meanwhile");
    sent = true;
    if (target.channelId) rateLimits.sent(target.channelId, target.kind, started);
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal as AbortSignal, timeout]) : timeout;
    const answer = await send(url, { ...init, headers, signal } as typeof init);
    const data = Buffer.from(await answer.arrayBuffer());
    status = answer.status;
    const answerHeaders = new Headers([...answer.headers]);
    if (target.channelId) headersSeen = limitHeaders(answerHeaders);
    if (status === 429) {
      refusal = readRateLimit(answerHeaders, data, {
        told: headersSeen,
        edits: target.kind === 'edit' || target.kind === 'edit-old',
      });
      if (refusal.edge)
        refusal = { ...refusal, retryAfterMs: pace.refusedByEdge(trial, refusal.retryAfterMs) };
      else if (refusal.global) pace.refusedGlobally(refusal.retryAfterMs);
      if (refusal.edge || refusal.global) rateLimits.pauseAll(clock.monotonic(), refusal.retryAfterMs);
      if (refusal.ofMessage)
        throw new MessageLimitError({ afterMs: refusal.retryAfterMs, code: refusal.code });
      answerHeaders.set('Retry-After', String(refusal.retryAfterMs / 1000));
      if (refusal.global) answerHeaders.set('X-RateLimit-Global', 'true');
    }
    if (target.channelId) for (const name of bookkeeping) answerHeaders.delete(name);
    return new Response(hasNoBody(status) ? null : data, {
      status,
      statusText: answer.statusText,
      headers: answerHeaders,
    });
  } finally {
    const ended = clock.monotonic();
    pace.ended({
      trial,
      answered: status !== null && !refusal?.edge,
      invalid: status === 401 || status === 403 || (status === 429 && !refusal?.shared),
    });
    if (sent) {
      // The edge knows nothing of channels, and one message says nothing of the others.
      const ofChannel = refusal?.edge || refusal?.ofMessage ? null : refusal;
      if (target.channelId) {
        const answer = { now: ended, headers: headersSeen, refusal: ofChannel };
        rateLimits.answered(target.channelId, target.kind, answer);
      }
      const kind = target.kind === 'callback' ? 'interaction' : target.kind;
      observe?.({ kind, status, durationMs: ended - started, waitedMs: started - asked });
    }
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
  const turn = headers[turnHeader];
  const until = headers[sendBeforeHeader];
  const asking: TurnRequest = {
    priority: Number(headers[priorityHeader] ?? peopleFirst),
    ...(turn !== undefined && { turn }),
    ...(until !== undefined && { until: Number(until) }),
  };
  const server = headers[serverHeader];
  for (const name of [priorityHeader, turnHeader, sendBeforeHeader, serverHeader]) delete headers[name];
  return { headers, asking, server };
}

/** `channelId`: where the limit is; for a bulk delete, the server. */
type Target =
  | { readonly kind: RequestKind; readonly channelId: string }
  | { readonly kind: 'callback' | 'interaction' | 'other'; readonly channelId: null };

function targetOf(url: string, method: string, now: number, server: string | undefined): Target {
  const path = new URL(url).pathname;
  if (/\/interactions\/\d+\/[^/]+\/callback$/.test(path)) return { kind: 'callback', channelId: null };
  if (/\/webhooks\/\d+\/[^/]+/.test(path)) return { kind: 'interaction', channelId: null };
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

function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
