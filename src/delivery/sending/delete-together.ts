import { Routes } from 'discord-api-types/v10';
import type { DeliveryJob } from '../delivery-batch.ts';
import type { Outcome } from '../outcome.ts';
import { youngEnough } from '../request-kind.ts';
import { priorityHeader, sendBeforeHeader, serverHeader, turnHeader } from '../rest-calls.ts';
import { type Claimed, claimPolls } from './claim-store.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { recordLate, recordShown, release } from './delivery-store.ts';
import { type DiscordFailure, discordFailure } from './discord-outcome.ts';
import { inOpenThread } from './open-thread.ts';
import { recordRefused } from './parks-store.ts';
import { busy, sendWithinMs } from './sending.ts';

export interface TogetherRequest {
  readonly channelId: string;
  /** The server, whose limit counts; null: the bot may not delete many at once there. */
  readonly serverId: string | null;
  /** At most 100, all of the same channel. */
  readonly jobs: readonly DeliveryJob[];
  /** For the pace: higher goes first. */
  readonly priority: number;
  /** By this name background work takes turns at the pace. */
  readonly turn: string;
}

export interface DeletedTogether {
  /** The outcome of every job that is not in `apart`; null: there is none. */
  readonly outcome: Outcome | null;
  /** Jobs that must be sent one by one. */
  readonly apart: readonly DeliveryJob[];
  /** The bot lacks Manage Messages in the channel. */
  readonly lackingPermission: boolean;
}

/**
 * Deletes the messages of many deleted polls of one channel by one request: claims them, sends and records, each in
 * one statement. What cannot go together (held elsewhere, too old, no message) is left to single requests. So is
 * everything if Discord refuses the request as such. Discord ignores messages that are gone already. Throws as
 * `deliverOne`.
 */
export async function deleteTogether(
  parts: DeliverParts,
  { channelId, serverId, jobs, priority, turn }: TogetherRequest,
): Promise<DeletedTogether> {
  if (serverId === null) return { outcome: null, apart: jobs, lackingPermission: true };
  const { db, rest, rateLimits, clock, processId } = parts;
  const now = clock.now().getTime();
  const headers = {
    [priorityHeader]: String(priority),
    [turnHeader]: turn,
    [sendBeforeHeader]: String(clock.monotonic() + sendWithinMs),
    [serverHeader]: serverId,
  };
  const ids = jobs.map((job) => job.pollId);
  const claimed = await claimPolls(db, ids, processId, { respectHolds: false, respectParks: false });
  const young = claimed.filter((one) => isYoung(one, now));
  const fit = young.length < 2 ? [] : young;
  const together = new Set(fit.map((one) => one.pollId));
  await release(
    db,
    claimed.filter((one) => !together.has(one.pollId)),
    'unsent',
  );
  if (fit.length === 0) return { outcome: null, apart: jobs, lackingPermission: false };
  const apart = jobs.filter((job) => !together.has(job.pollId));

  const afterMs = rateLimits.delay(serverId, 'bulk-delete', clock.monotonic());
  if (afterMs > 0) {
    await release(db, fit, 'unsent');
    const reason = "Discord's rate limit";
    return {
      outcome: { type: 'retry', afterMs, code: '429', reason, attempt: false },
      apart,
      lackingPermission: false,
    };
  }
  try {
    const body = { messages: fit.map(({ poll }) => poll.messageId) };
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
  const gone = fit.map(({ pollId, claim, poll }) => ({
    pollId,
    claim,
    revision: poll.revision,
    messageId: null,
  }));
  const ours = await recordShown(db, gone);
  if (ours.size < fit.length)
    return { outcome: await late(parts, fit, ours), apart, lackingPermission: false };
  const revision = Math.min(...gone.map((one) => one.revision));
  return { outcome: { type: 'done', revision }, apart, lackingPermission: false };
}

function isYoung({ poll }: Claimed, now: number): boolean {
  return poll.deletedAt !== null && poll.messageId !== null && youngEnough(poll.messageId, now);
}

/**
 * Some polls were taken over while the request was under way. All are looked at again, and what is done by then is
 * found so.
 */
async function late(
  { db }: DeliverParts,
  claimed: readonly Claimed[],
  ours: ReadonlySet<number>,
): Promise<Outcome> {
  const ids = claimed.map(({ pollId }) => pollId).filter((id) => !ours.has(id));
  await recordLate(db, ids, { removal: true });
  return busy;
}

/** The outcome of all; null if single deletes have to tell. */
async function recordFailure(
  parts: DeliverParts,
  channelId: string,
  claimed: readonly Claimed[],
  { outcome, unknown }: DiscordFailure,
): Promise<Outcome | null> {
  const { db } = parts;
  if (outcome.type === 'failed' && outcome.right !== undefined && !lacksManageMessages(outcome)) {
    const [first, ...others] = claimed;
    await release(db, others, 'unsent');
    const { code, reason, right } = outcome;
    const inChannel = { channelId, right };
    return (await recordRefused(db, { ...first!, code, reason, inChannel })) ? outcome : busy;
  }
  const ours = await release(db, claimed, unknown ? 'sent' : 'unsent');
  if (unknown && ours.size < claimed.length) return await late(parts, claimed, ours);
  return outcome.type === 'failed' ? null : outcome;
}

/** A missing Manage Messages is no refusal of the channel: our own messages go one by one without it. */
function lacksManageMessages(outcome: Outcome): boolean {
  return outcome.type === 'failed' && outcome.right === 'delete';
}
