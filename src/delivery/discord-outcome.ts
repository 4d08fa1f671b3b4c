import type { Outcome } from './outcome.ts';
import { NotSentError } from './rest-calls.ts';

export type Failure = Extract<Outcome, { type: 'failed' | 'retry' | 'abort' }>;

/** What went wrong, and whether Discord may have done it all the same. */
export interface DiscordFailure {
  readonly outcome: Failure;
  readonly unknown: boolean;
  /** Discord's own error code, or null. */
  readonly code: number | null;
}

/**
 * What an error of a REST call in a channel means. Rethrows what is no answer of Discord's and no broken connection: a bug.
 *
 * `auth: false`: the call carried an interaction's token, so that a 401 says nothing about the bot's own.
 */
export function discordFailure(
  error: unknown,
  context: { readonly channelId: string; readonly auth?: boolean },
): DiscordFailure {
  if (!(error instanceof Error)) throw error;
  if (error instanceof NotSentError) {
    return { outcome: retry(500, 'not sent', error.message, false), unknown: false, code: null };
  }
  if (isRateLimit(error)) {
    const afterMs = Math.max(error.timeToReset, error.retryAfter, error.sublimitTimeout, 0);
    return { outcome: retry(afterMs, '429', "Discord's rate limit", false), unknown: false, code: null };
  }
  if (isAnswer(error)) return ofAnswer(error, context);
  if (error.message.startsWith('Expected token to be set')) {
    return { outcome: { type: 'abort', reason: tokenRefused }, unknown: false, code: null };
  }
  if (isBrokenConnection(error)) {
    return { outcome: retry(0, 'no answer', 'Discord did not answer', true), unknown: true, code: null };
  }
  throw error;
}

const tokenRefused = 'Discord refuses the token of the bot';

function ofAnswer(error: Answer, context: { channelId: string; auth?: boolean }): DiscordFailure {
  const { status } = error;
  const code = typeof error.code === 'number' && error.code > 0 ? error.code : null;
  if (status >= 500) {
    const reason = `Discord answered ${status}`;
    return { outcome: retry(0, String(status), reason, true), unknown: true, code };
  }
  if (status === 401 && context.auth !== false) {
    return { outcome: { type: 'abort', reason: tokenRefused }, unknown: false, code };
  }
  const passing = status === 429 || code === 20016 || code === 20028;
  if (passing) return { outcome: retry(5_000, '429', "Discord's rate limit", false), unknown: false, code };
  const channelWide = code === null ? undefined : channelReasons[code];
  if (channelWide) {
    const reason = channelWide.replace('#', `<#${context.channelId}>`);
    return {
      outcome: { type: 'failed', code: String(code), reason, scope: 'channel' },
      unknown: false,
      code,
    };
  }
  // An answer without Discord's shape comes from something in between, which may be gone in a moment.
  if (code === null && error.code !== 0) {
    const reason = `something between here and Discord answered ${status}`;
    return { outcome: retry(0, `http ${status}`, reason, true), unknown: true, code };
  }
  const reason = `Discord refused: ${firstLine(error.message)}`;
  return {
    outcome: { type: 'failed', code: String(code ?? `http ${status}`), reason, scope: 'poll' },
    unknown: false,
    code,
  };
}

/** Refusals that every message of the channel would get (Discord's API reference, "JSON Error Codes"). */
const channelReasons: Readonly<Record<number, string>> = {
  10003: 'the channel # no longer exists',
  10004: 'the bot is no longer in the server of #',
  50001: 'no access to #',
  50013: 'missing permissions in #',
  50024: '# is a kind of channel that cannot hold messages',
  50083: 'the thread # is archived',
  160005: 'the thread # is locked',
};

function retry(afterMs: number, code: string, reason: string, attempt: boolean): Failure {
  return { type: 'retry', afterMs, code, reason, attempt };
}

function firstLine(text: string): string {
  return [...(text.split('\n', 1)[0] ?? '')].slice(0, 200).join('');
}

// By shape, not by class: two copies of the error classes can be loaded at once (see `RestCalls`).

type Answer = Error & { status: number; code?: unknown };

function isAnswer(error: Error): error is Answer {
  return 'status' in error && typeof error.status === 'number' && 'requestBody' in error;
}

function isRateLimit(
  error: Error,
): error is Error & { timeToReset: number; retryAfter: number; sublimitTimeout: number } {
  return 'timeToReset' in error && 'retryAfter' in error && 'sublimitTimeout' in error;
}

function isBrokenConnection(error: Error): boolean {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return true;
  const codes = [error, error.cause].map((one) =>
    one instanceof Error && 'code' in one ? String(one.code) : '',
  );
  return codes.some((code) => /^(E[A-Z]|UND_ERR|HPE_)/.test(code) && !code.startsWith('ERR_'));
}
