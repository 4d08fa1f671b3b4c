import { Routes } from 'discord-api-types/v10';
import { renderPoll } from '../polls/message.ts';
import type { Poll } from '../polls/poll.ts';
import type { DeliverParts } from './deliver-parts.ts';
import {
  CLAIM_TTL_MS,
  type Claim,
  claim,
  forgetMessage,
  recordGone,
  recordRefused,
  recordShown,
  releaseUnknown,
  releaseUnsent,
} from './delivery-store.ts';
import { type DiscordFailure, discordFailure } from './discord-outcome.ts';
import { findLostPost } from './lost-post.ts';
import type { Outcome } from './outcome.ts';
import { newMessage, wholeEdit } from './payload.ts';
import { pingRole } from './ping.ts';
import { type RequestKind, showingKind } from './request-kind.ts';
import { type CallOptions, PRIORITY_HEADER, SEND_BEFORE_HEADER, TURN_HEADER } from './rest-calls.ts';
import { REQUEST_TIMEOUT_MS } from './transport.ts';

export interface DeliverOptions {
  /** Post the message again where somebody deleted it by hand. */
  readonly repost: boolean;
  /** Leave alone what an unfinished operation holds. */
  readonly respectHolds: boolean;
  /** Leave alone what Discord refused for good. */
  readonly respectParks: boolean;
  /** For the pace; higher goes first. */
  readonly priority: number;
  /** By this name bulk work takes turns at the pace. */
  readonly turn?: string;
}

/** A process that could not send this long before its claim ends does not send at all. */
export const SEND_WITHIN_MS = CLAIM_TTL_MS - REQUEST_TIMEOUT_MS - 1_000;
/** How soon to look again where another process is sending. */
const BUSY_MS = 1_000;

const DELETED_BY_HAND = 'its message was deleted by hand';
const UNKNOWN_MESSAGE = 10008;

/**
 * One attempt to make a poll's message show its newest revision: claims the poll, sends, records. Throws only for a bug or
 * a lost database; the claim then ends by itself.
 */
export async function deliverOne(
  parts: DeliverParts,
  pollId: number,
  options: DeliverOptions,
): Promise<Outcome> {
  const sendBefore = parts.clock.monotonic() + SEND_WITHIN_MS;
  const result = await claim(parts.db, pollId, parts.process, options);
  switch (result.type) {
    case 'missing':
      return { type: 'done', revision: 0, remark: 'the poll no longer exists' };
    case 'shown':
      return { type: 'done', revision: result.revision };
    case 'left':
      if (result.code === null) return { type: 'done', revision: result.revision, remark: result.reason };
      return { type: 'failed', code: result.code, reason: result.reason, scope: 'poll' };
    case 'busy':
      return {
        type: 'retry',
        afterMs: BUSY_MS,
        code: 'busy',
        reason: 'another process is sending',
        attempt: false,
      };
    case 'claimed': {
      const headers = {
        [PRIORITY_HEADER]: String(options.priority),
        [SEND_BEFORE_HEADER]: String(sendBefore),
        ...(options.turn !== undefined && { [TURN_HEADER]: options.turn }),
      };
      return await show(new Sending(parts, result, headers), options.repost);
    }
  }
}

/** What one attempt carries along. */
class Sending {
  readonly parts: DeliverParts;
  readonly claim: Claim;
  readonly headers: Record<string, string>;
  /** Where the poll is shown, once that is known. */
  messageId: string | null;

  constructor(parts: DeliverParts, claimed: Claim, headers: Record<string, string>) {
    this.parts = parts;
    this.claim = claimed;
    this.headers = headers;
    this.messageId = claimed.poll.messageId;
  }

  get poll(): Poll {
    return this.claim.poll;
  }

  /** What identifies the claim in every record. */
  get own() {
    const { sentBefore, lastTriedUntil } = this.claim;
    const { process } = this.parts;
    return { pollId: this.poll.id, process, revision: this.poll.revision, sentBefore, lastTriedUntil };
  }

  with(call: CallOptions): CallOptions {
    return { ...call, headers: this.headers };
  }

  /** A request of this kind has to wait: ends the attempt; null: it may go. */
  async mustWait(kind: RequestKind): Promise<Outcome | null> {
    const now = this.parts.clock.monotonic();
    const afterMs = this.parts.limits.delay(this.poll.channelId, kind, now);
    if (afterMs === 0) return null;
    await releaseUnsent(this.parts.db, this.own);
    return { type: 'retry', afterMs, code: '429', reason: "Discord's rate limit", attempt: false };
  }

  /** Records what a failed request means and turns it into the outcome. */
  async failed({ outcome, unknown }: DiscordFailure): Promise<Outcome> {
    const { db } = this.parts;
    if (outcome.type === 'failed') {
      const { code, reason, scope } = outcome;
      const channelId = scope === 'channel' ? this.poll.channelId : null;
      await recordRefused(db, { ...this.own, code, reason, channelId });
    } else if (unknown) {
      await releaseUnknown(db, this.own);
    } else {
      await releaseUnsent(db, this.own);
    }
    return outcome;
  }

  async shown(messageId: string | null, remark?: string): Promise<Outcome> {
    await recordShown(this.parts.db, { ...this.own, messageId });
    this.messageId = messageId;
    return { type: 'done', revision: this.poll.revision, ...(remark !== undefined && { remark }) };
  }
}

async function show(sending: Sending, repost: boolean): Promise<Outcome> {
  const { poll, claim: claimed, parts } = sending;
  if (poll.deletedAt !== null) return await remove(sending);
  if (poll.shownRevision >= poll.revision) return await pingOnly(sending);
  if (poll.messageGone && !repost) return await gone(sending);
  const outcome = poll.messageId === null ? await post(sending) : await edit(sending, poll.messageId, repost);
  if (outcome.type === 'done' && claimed.pingPending && poll.status === 'active') {
    await pingRole(parts, { ...poll, messageId: sending.messageId }, sending.headers);
  }
  return outcome;
}

async function edit(sending: Sending, messageId: string, repost: boolean): Promise<Outcome> {
  const { parts, poll, claim: claimed } = sending;
  const wait = await sending.mustWait(showingKind(messageId, parts.clock.now().getTime()));
  if (wait) return wait;
  try {
    const body = wholeEdit(renderPoll(poll, claimed.tally));
    await parts.rest.patch(Routes.channelMessage(poll.channelId, messageId), sending.with(body));
  } catch (error) {
    const failure = discordFailure(error, poll);
    if (failure.code !== UNKNOWN_MESSAGE) return await sending.failed(failure);
    if (!repost && !claimed.removalTried) return await gone(sending);
    await forgetMessage(parts.db, poll.id);
    return await post(sending);
  }
  return await sending.shown(messageId);
}

async function post(sending: Sending): Promise<Outcome> {
  const { parts, poll, claim: claimed } = sending;
  // An earlier post may have arrived without our knowledge, longer ago than its nonce protects.
  if (claimed.sentBefore > poll.shownRevision) {
    try {
      const found = await findLostPost(parts, poll, claimed, sending.headers);
      if (found) return await edit(sending, found, false);
    } catch (error) {
      // Looking changes nothing, so what is unknown stays what it was.
      return await sending.failed({ ...discordFailure(error, poll), unknown: false });
    }
  }
  const wait = await sending.mustWait('post');
  if (wait) return wait;
  let messageId: string;
  try {
    const body = newMessage(renderPoll(poll, claimed.tally), { nonce: nonceOf(poll) });
    const message = await parts.rest.post(Routes.channelMessages(poll.channelId), sending.with(body));
    messageId = (message as { id: string }).id;
  } catch (error) {
    return await sending.failed(discordFailure(error, poll));
  }
  // With the nonce of an earlier, unnoticed post Discord answers with that message, which may show an older picture.
  if (claimed.sentBefore > poll.shownRevision) return await edit(sending, messageId, false);
  return await sending.shown(messageId);
}

/** The same for every try of one post, and another one for each later post: `shown_revision` only moves by success. */
function nonceOf(poll: Poll): string {
  return `poll-${poll.id}-${poll.shownRevision}`;
}

async function remove(sending: Sending): Promise<Outcome> {
  const { parts, poll, claim: claimed } = sending;
  let messageId = poll.messageId;
  try {
    if (messageId === null && claimed.sentBefore > poll.shownRevision) {
      messageId = await findLostPost(parts, poll, claimed, sending.headers);
    }
    if (messageId === null) return poll.messageGone ? await gone(sending) : await sending.shown(null);
    const wait = await sending.mustWait('delete');
    if (wait) return wait;
    await parts.rest.delete(Routes.channelMessage(poll.channelId, messageId), sending.with({}));
  } catch (error) {
    const failure = discordFailure(error, poll);
    if (failure.code !== UNKNOWN_MESSAGE) return await sending.failed(failure);
    // Ours, if an earlier try got no answer; by hand otherwise.
    const ours = claimed.sentBefore > poll.shownRevision;
    return await sending.shown(null, ours ? undefined : DELETED_BY_HAND);
  }
  return await sending.shown(null);
}

async function gone(sending: Sending): Promise<Outcome> {
  await recordGone(sending.parts.db, sending.own);
  return { type: 'done', revision: sending.poll.revision, remark: DELETED_BY_HAND };
}

async function pingOnly(sending: Sending): Promise<Outcome> {
  const { parts, poll } = sending;
  await pingRole(parts, poll, sending.headers);
  await releaseUnsent(parts.db, sending.own);
  return { type: 'done', revision: poll.shownRevision };
}
