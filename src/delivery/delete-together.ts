import { Routes } from 'discord-api-types/v10';
import { type Claimed, claimDeleted, recordDeleted, releaseAll } from './claim-many-store.ts';
import { SEND_WITHIN_MS } from './deliver-one.ts';
import type { DeliverParts } from './deliver-parts.ts';
import type { DeliveryJob } from './delivery-batch.ts';
import { type DiscordFailure, discordFailure } from './discord-outcome.ts';
import { inOpenThread } from './open-thread.ts';
import type { Outcome } from './outcome.ts';
import { recordRefused } from './parks-store.ts';
import { youngEnough } from './request-kind.ts';
import { PRIORITY_HEADER, SEND_BEFORE_HEADER, SERVER_HEADER, TURN_HEADER } from './rest-calls.ts';

export interface TogetherRequest {
  readonly channelId: string;
  /** The server, whose limit counts; null: the bot may not delete many at once there. */
  readonly serverId: string | null;
  /** At most 100, all of the channel. */
  readonly jobs: readonly DeliveryJob[];
  /** For the pace; higher goes first. */
  readonly priority: number;
  /** By this name bulk work takes turns at the pace. */
  readonly turn: string;
}

export interface DeletedTogether {
  /** Of every job that is not in `apart`; null: there is none. */
  readonly outcome: Outcome | null;
  /** To be sent one by one. */
  readonly apart: readonly DeliveryJob[];
  /** The bot lacks Manage Messages in the channel. */
  readonly lackingPermission: boolean;
}

/**
 * Deletes the messages of many deleted polls of one channel by one request: claims them, sends, records, each in one
 * statement. What cannot go together (held elsewhere, too old, no message) is left to single requests, and so is
 * everything where Discord refuses the request as such. Messages that are gone already Discord ignores. Throws as
 * `deliverOne`.
 */
export async function deleteTogether(
  parts: DeliverParts,
  { channelId, serverId, jobs, priority, turn }: TogetherRequest,
): Promise<DeletedTogether> {
  if (serverId === null) return { outcome: null, apart: jobs, lackingPermission: true };
  const { db, rest, limits, clock, process } = parts;
  const now = clock.now().getTime();
  const headers = {
    [PRIORITY_HEADER]: String(priority),
    [TURN_HEADER]: turn,
    [SEND_BEFORE_HEADER]: String(clock.monotonic() + SEND_WITHIN_MS),
    [SERVER_HEADER]: serverId,
  };
  const claimed = await claimDeleted(
    db,
    jobs.map((job) => job.pollId),
    process,
  );
  const fit = claimed.filter((poll) => youngEnough(poll.messageId, now));
  const unfit = claimed.filter((poll) => !youngEnough(poll.messageId, now));
  await releaseAll(db, process, fit.length < 2 ? claimed : unfit, 'unsent');
  if (fit.length < 2) return { outcome: null, apart: jobs, lackingPermission: false };
  const together = new Set(fit.map((poll) => poll.pollId));
  const apart = jobs.filter((job) => !together.has(job.pollId));

  const afterMs = limits.delay(serverId, 'bulk-delete', clock.monotonic());
  if (afterMs > 0) {
    await releaseAll(db, process, fit, 'unsent');
    const reason = "Discord's rate limit";
    return {
      outcome: { type: 'retry', afterMs, code: '429', reason, attempt: false },
      apart,
      lackingPermission: false,
    };
  }
  try {
    const body = { messages: fit.map((poll) => poll.messageId) };
    await inOpenThread(rest, channelId, headers, () =>
      rest.post(Routes.channelBulkDelete(channelId), { body, headers }),
    );
  } catch (error) {
    const obstacle = parts.obstacle?.(channelId, 'delete') ?? null;
    const failure = discordFailure(error, { channelId, asked: 'delete', obstacle });
    const outcome = await recordFailure(parts, channelId, fit, failure);
    const lackingPermission = lacksManageMessages(failure.outcome);
    return { outcome, apart: outcome === null ? jobs : apart, lackingPermission };
  }
  await recordDeleted(db, process, fit);
  const revision = Math.min(...fit.map((poll) => poll.revision));
  return { outcome: { type: 'done', revision }, apart, lackingPermission: false };
}

/** The outcome of all; null where single deletes have to tell. */
async function recordFailure(
  { db, process }: DeliverParts,
  channelId: string,
  claimed: readonly Claimed[],
  { outcome, unknown }: DiscordFailure,
): Promise<Outcome | null> {
  await releaseAll(db, process, claimed, unknown ? 'unknown' : 'unsent');
  if (outcome.type !== 'failed') return outcome;
  const { code, reason, right } = outcome;
  if (right === undefined || lacksManageMessages(outcome)) return null;
  const { pollId, sentBefore } = claimed[0]!;
  await recordRefused(db, { pollId, process, sentBefore, code, reason, inChannel: { channelId, right } });
  return outcome;
}

/** That is no refusal of the channel: our own messages go one by one without Manage Messages. */
function lacksManageMessages(outcome: Outcome): boolean {
  return outcome.type === 'failed' && outcome.right === 'delete';
}
