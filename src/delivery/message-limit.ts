import type { RetryOutcome } from './delivery-batch.ts';
import type { Outcome } from './outcome.ts';

/**
 * Discord takes about 3 edits an hour of a published message: one of an announcement channel that was sent on to the
 * channels that follow it. It says so by 20028, or by 20022 (Discord's API reference, "JSON Error Codes"), and means
 * this message alone: header `Retry-After: 1`, body `retry_after: 1163`, scope `shared`, 4 of 5 edits of the channel
 * left (discord/discord-api-docs#6109).
 */
const published = new Set<number | null>([20022, 20028]);
/** 30046 is the channel's limit of old messages, of which no header tells either. */
const oldMessages = 30046;
/** If the body names this much more than the header, in ms, it does not speak of the channel's window. */
const farAboveMs = 60_000;
/** The wait if Discord does not say how long, in ms: a third of that hour. */
const untoldMs = 20 * 60_000;
/** How long an operation waits for one message, in ms. */
const patienceMs = 2 * 60_000;

/** How long one message may not be edited, and Discord's error code if it gave one. */
export interface MessageLimit {
  readonly afterMs: number;
  readonly code: number | null;
}

/**
 * What the 429 to an edit says. Waits are in ms; null: it names none. `remaining`: what is left of the channel's
 * window.
 */
export interface RefusedEdit {
  readonly code: number | null;
  readonly shared: boolean;
  readonly headerMs: number | null;
  readonly bodyMs: number | null;
  readonly remaining: number | null;
}

/** Whether it is about this one message, and about no limit of its channel. */
export function isOfMessage({ code, shared, headerMs, bodyMs, remaining }: RefusedEdit): boolean {
  if (published.has(code)) return shared || code === 20022;
  const told = remaining !== null && remaining > 0 && headerMs !== null && bodyMs !== null;
  return told && code !== oldMessages && bodyMs - headerMs >= farAboveMs;
}

/** Whether a refused edit with this code is about this one message, whatever its status. */
export function isPublishedCode(code: number | null): boolean {
  return published.has(code);
}

/** The poll waits, and nothing beside it in its channel. `afterMs` null: Discord does not say how long. */
export function waitForMessage(limit: { afterMs: number | null; code: number | null }): RetryOutcome {
  const { afterMs, code } = limit;
  const reason = published.has(code)
    ? 'its message is published; Discord takes about 3 edits an hour of it'
    : 'Discord takes no edit of its message for now';
  return {
    type: 'retry',
    afterMs: afterMs ?? untoldMs,
    code: codeOf(code),
    reason,
    attempt: false,
    ofMessage: true,
  };
}

function codeOf(code: number | null): string {
  return code === null ? 'message limit' : String(code);
}

/**
 * For operations. If one message would have to wait longer than two minutes, its poll fails, with the reason. It is
 * not parked: the sweep shows it when the time has come.
 */
export function withinPatience(outcome: Outcome): Outcome {
  if (outcome.type !== 'retry' || !outcome.ofMessage || outcome.afterMs <= patienceMs) return outcome;
  // In steps of 5 min, so that polls that fail alike are counted together.
  const minutes = Math.ceil(outcome.afterMs / 300_000) * 5;
  const reason = `${outcome.reason}, try again in ${minutes} min`;
  return { type: 'failed', code: outcome.code, reason, scope: 'poll' };
}
