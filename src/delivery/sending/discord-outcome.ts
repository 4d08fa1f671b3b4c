import { isPublishedCode, waitForMessage } from '../message-limit.ts';
import type { Outcome } from '../outcome.ts';
import { type Asked, refusalOf } from '../refusals.ts';
import { MessageLimitError, NotSentError } from '../rest-calls.ts';
import type { Obstacle } from '../rights.ts';
import { isAsleep, OpeningRefused } from './open-thread.ts';

export type Failure = Extract<Outcome, { type: 'failed' | 'retry' | 'abort' }>;

/** What went wrong, and whether Discord may have done it all the same. */
export interface DiscordFailure {
  readonly outcome: Failure;
  readonly unknown: boolean;
  /** Discord's own error code, or null. */
  readonly code: number | null;
}

/** What was asked, and where. */
export interface FailureContext {
  readonly channelId: string;
  /** False: the call carried an interaction's token, so a 401 says nothing about the bot's own. */
  readonly auth?: boolean;
  /** Default: a post. */
  readonly asked?: Asked;
  /** The obstacle that the gateway knows of, for the words. */
  readonly obstacle?: Obstacle | null;
}

/**
 * What an error of a REST call in a channel means. Rethrows what is neither an answer of Discord's nor a broken
 * connection: that is a bug.
 */
export function discordFailure(error: unknown, context: FailureContext): DiscordFailure {
  if (!(error instanceof Error)) throw error;
  if (error instanceof OpeningRefused) return ofOpening(error, context);
  if (error instanceof NotSentError) {
    return { outcome: notNow(500, 'not sent', error.message), unknown: false, code: null };
  }
  if (error instanceof MessageLimitError) {
    return { outcome: waitForMessage(error.limit), unknown: false, code: error.limit.code };
  }
  if (isRateLimit(error)) {
    const afterMs = Math.max(error.timeToReset, error.retryAfter, error.sublimitTimeout, 0);
    return { outcome: notNow(afterMs, '429', "Discord's rate limit"), unknown: false, code: null };
  }
  if (isAnswer(error)) return ofAnswer(error, context);
  if (error.message.startsWith('Expected token to be set')) {
    return { outcome: { type: 'abort', reason: tokenRefused }, unknown: false, code: null };
  }
  if (isBrokenConnection(error)) {
    return { outcome: failedForNow('no answer', 'Discord did not answer'), unknown: true, code: null };
  }
  throw error;
}

const tokenRefused = 'Discord refuses the token of the bot';

/** The message was not touched, whatever became of the opening. */
function ofOpening({ cause }: OpeningRefused, context: FailureContext): DiscordFailure {
  if (isAsleep(cause)) {
    const reason = 'its thread fell asleep again';
    return { outcome: failedForNow('50083', reason), unknown: false, code: 50083 };
  }
  return { ...discordFailure(cause, { ...context, asked: 'open' }), unknown: false };
}

function ofAnswer(error: Answer, context: FailureContext): DiscordFailure {
  const { status } = error;
  const code = typeof error.code === 'number' && error.code > 0 ? error.code : null;
  if (status >= 500) {
    const reason = `Discord answered ${status}`;
    return { outcome: failedForNow(String(status), reason), unknown: true, code };
  }
  if (status === 401 && context.auth !== false) {
    return { outcome: { type: 'abort', reason: tokenRefused }, unknown: false, code };
  }
  const { asked = 'post', channelId, obstacle = null } = context;
  const temporary = ofTemporary(error, code, asked);
  if (temporary) return { outcome: temporary, unknown: false, code };
  const refusal = code === null ? null : refusalOf(code, asked, channelId, obstacle);
  if (refusal) {
    return {
      outcome: { type: 'failed', code: String(code), ...refusal, scope: 'channel' },
      unknown: false,
      code,
    };
  }
  // An answer without Discord's shape comes from something in between, which may be gone in a moment.
  if (code === null && error.code !== 0) {
    const reason = `something between here and Discord answered ${status}`;
    return { outcome: failedForNow(`http ${status}`, reason), unknown: true, code };
  }
  const reason = `Discord refused: ${firstLine(error.message)}`;
  return {
    outcome: { type: 'failed', code: String(code ?? `http ${status}`), reason, scope: 'poll' },
    unknown: false,
    code,
  };
}

/**
 * What Discord itself calls temporary (its API reference, "JSON Error Codes"), even if the status is not 429; else
 * null.
 */
function ofTemporary(error: Answer, code: number | null, asked: Asked): Failure | null {
  const told = Number(error.rawError?.retry_after ?? Number.NaN) * 1000;
  const afterMs = Number.isFinite(told) ? Math.ceil(told) : null;
  if (asked === 'edit' && isPublishedCode(code)) return waitForMessage({ afterMs, code });
  const limit = error.status === 429 || (code !== null && writeLimits.has(code));
  if (limit) return notNow(afterMs ?? 5_000, '429', "Discord's rate limit");
  const disabled = code === null ? undefined : unavailable.get(code);
  return disabled === undefined ? null : failedForNow(String(code), disabled);
}

/** Slow mode, published messages, the channel, the server. */
const writeLimits = new Set([20016, 20022, 20028, 20029]);
const unavailable = new Map([
  [40004, 'Discord has temporarily disabled sending messages'],
  [40006, 'Discord has temporarily disabled this feature'],
]);

/** It counts against the poll. */
function failedForNow(code: string, reason: string): Failure {
  return { type: 'retry', afterMs: 0, code, reason, attempt: true };
}

/** The poll is not to blame. */
function notNow(afterMs: number, code: string, reason: string): Failure {
  return { type: 'retry', afterMs, code, reason, attempt: false };
}

function firstLine(text: string): string {
  return [...(text.split('\n', 1)[0] ?? '')].slice(0, 200).join('');
}

// By shape, not by class: two copies of the error classes can be loaded at once (see `RestCalls`).

type Answer = Error & { status: number; code?: unknown; rawError?: { retry_after?: unknown } };

function isAnswer(error: Error): error is Answer {
  return 'status' in error && typeof error.status === 'number' && 'requestBody' in error;
}

function isRateLimit(
  error: Error,
): error is Error & { timeToReset: number; retryAfter: number; sublimitTimeout: number } {
  return 'timeToReset' in error && 'retryAfter' in error && 'sublimitTimeout' in error;
}

/**
 * Whether an error is the network's trouble: everything that sockets, DNS, TLS (a certificate that does not fit, too)
 * and the HTTP client tell by a code of their own, however deep it stands as a cause. The other codes are those by
 * which Node (`ERR_…`) and undici name a caller's mistake (https://nodejs.org/api/errors.html#nodejs-error-codes,
 * https://undici.nodejs.org/#/docs/api/Errors).
 */
function isBrokenConnection(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return true;
  if ('code' in error && typeof error.code === 'string' && isNetworkCode(error.code)) return true;
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error.cause, ...inner].some((one) => isBrokenConnection(one, depth + 1));
}

function isNetworkCode(code: string): boolean {
  if (code.startsWith('ERR_')) return /^ERR_(TLS|SSL|SOCKET|STREAM_PREMATURE_CLOSE|HTTP2)/.test(code);
  return !/^UND_ERR_(INVALID|NOT_SUPPORTED|REQ_CONTENT_LENGTH)/.test(code);
}
