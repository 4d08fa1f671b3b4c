import { Routes } from 'discord-api-types/v10';
import { isMessageOf, renderPoll } from '../../polls/message.ts';
import type { Poll } from '../../polls/poll.ts';
import type { Outcome } from '../outcome.ts';
import { showingKind } from '../request-kind.ts';
import { priorityHeader, sendBeforeHeader, turnHeader } from '../rest-calls.ts';
import { claim, claimTtlMs } from './claim-store.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { forgetMessage, recordGone, recordPostTried, release } from './delivery-store.ts';
import type { SeenMessage } from './own-messages.ts';
import { newMessage, wholeEditInChannel } from './payload.ts';
import { pingRole } from './ping.ts';
import { busy, type DeliverOptions, Sending, sendWithinMs, unknownMessage } from './sending.ts';

const deletedByHand = 'its message was deleted by hand';

/**
 * One attempt to make a poll's message show its newest revision: claims the poll, sends, records. Throws only for a
 * bug or a lost database; then the claim ends by itself.
 */
export async function deliverOne(
  parts: DeliverParts,
  pollId: number,
  options: DeliverOptions,
): Promise<Outcome> {
  const sendBefore = parts.clock.monotonic() + sendWithinMs;
  const result = await claim(parts.db, pollId, parts.processId, options);
  switch (result.type) {
    case 'missing':
      return { type: 'done', revision: 0, remark: 'the poll no longer exists' };
    case 'shown':
      return { type: 'done', revision: result.revision };
    case 'left':
      if (result.code === null) return { type: 'done', revision: result.revision, remark: result.reason };
      return { type: 'failed', code: result.code, reason: result.reason, scope: 'poll' };
    case 'busy':
      return busy;
    case 'claimed': {
      const headers = {
        [priorityHeader]: String(options.priority),
        [sendBeforeHeader]: String(sendBefore),
        ...(options.turn !== undefined && { [turnHeader]: options.turn }),
      };
      return await show(new Sending(parts, result, headers, options), options.repost);
    }
  }
}

async function show(sending: Sending, repost: boolean): Promise<Outcome> {
  const { poll, parts } = sending;
  if (poll.deletedAt !== null) return await remove(sending);
  if (poll.shownRevision >= poll.revision) return await pingOnly(sending);
  if (poll.messageGone && !repost) return await gone(sending);
  const outcome =
    poll.messageId === null ? await post(sending) : await edit(sending, poll.messageId, { repost });
  if (outcome.type === 'done' && sending.pingDue) {
    await pingRole(sending);
    await release(parts.db, [sending.own], 'sent');
  }
  return outcome;
}

/** `repost`: whether to post it again if somebody deleted it by hand. */
async function edit(
  sending: Sending,
  messageId: string,
  { repost }: { readonly repost: boolean },
): Promise<Outcome> {
  const { parts, poll, claim: claimed } = sending;
  const wait =
    (await sending.forbidden('edit')) ??
    (await sending.mustWait(showingKind(messageId, parts.clock.now().getTime()), messageId));
  if (wait) return wait;
  let answer: unknown;
  try {
    const body = wholeEditInChannel(renderPoll(poll, claimed.tally));
    const route = Routes.channelMessage(poll.channelId, messageId);
    answer = await sending.inOpenThread(() => parts.rest.patch(route, sending.with(body)));
  } catch (error) {
    const failure = sending.failure(error, 'edit');
    sending.learn(messageId, failure);
    if (failure.code !== unknownMessage) return await sending.failed(failure);
    if (!repost && !claimed.removalTried) return await gone(sending);
    if (!(await forgetMessage(parts.db, sending.own))) return busy;
    return await post(sending);
  }
  return await sending.answered(messageId, answer, 'edit');
}

async function post(sending: Sending): Promise<Outcome> {
  const { parts, poll, claim: claimed } = sending;
  // An earlier post may have arrived without our knowledge, longer ago than its nonce protects.
  if (claimed.triedAt !== null) {
    try {
      const found = await lostPost(sending, claimed.triedAt);
      if (found) return await edit(sending, found, { repost: false });
    } catch (error) {
      // Looking changes nothing, so what was unknown stays unknown.
      return await sending.failed({ ...sending.failure(error, 'post'), unknown: false });
    }
  }
  const wait = (await sending.forbidden('post')) ?? (await sending.mustWait('post'));
  if (wait) return wait;
  if (claimed.triedAt !== null && !(await recordPostTried(parts.db, sending.own))) return busy;
  // From here on there may be a message, whether or not the answer comes.
  if (poll.messageGone && !(await forgetMessage(parts.db, sending.own))) return busy;
  let message: { id: string };
  try {
    const body = newMessage(renderPoll(poll, claimed.tally), { nonce: nonceOf(poll) });
    const route = Routes.channelMessages(poll.channelId);
    const posted = sending.inOpenThread(() => parts.rest.post(route, sending.with(body)));
    message = (await posted) as { id: string };
  } catch (error) {
    return await sending.failed(sending.failure(error, 'post'));
  }
  // With the nonce of an earlier, unnoticed post Discord answers with that message, which may show an older picture.
  if (claimed.sentBefore > poll.shownRevision) return await edit(sending, message.id, { repost: false });
  return await sending.answered(message.id, message, 'post');
}

/** The id of the poll's message, if an earlier try has posted it. */
async function lostPost(sending: Sending, triedAt: Date): Promise<string | null> {
  const isIt = (message: SeenMessage) => isMessageOf(sending.poll, message);
  return await sending.find({ triedAt, withinMs: claimTtlMs, isIt });
}

/** The same for every try of one post, and another one for each later post: `shown_revision` moves only by success. */
function nonceOf(poll: Poll): string {
  return `poll-${poll.id}-${poll.shownRevision}`;
}

async function remove(sending: Sending): Promise<Outcome> {
  const { parts, poll, claim: claimed } = sending;
  let messageId = poll.messageId;
  try {
    if (messageId === null && claimed.triedAt !== null) messageId = await lostPost(sending, claimed.triedAt);
    if (messageId === null) return poll.messageGone ? await gone(sending) : await sending.shown(null);
    const wait = (await sending.forbidden('delete')) ?? (await sending.mustWait('delete'));
    if (wait) return wait;
    const route = Routes.channelMessage(poll.channelId, messageId);
    await sending.inOpenThread(() => parts.rest.delete(route, sending.with({})));
  } catch (error) {
    const failure = sending.failure(error, 'delete');
    if (failure.code !== unknownMessage) return await sending.failed(failure);
    // We deleted it if an earlier try got no answer; otherwise somebody did by hand.
    const ours = claimed.sentBefore > poll.shownRevision;
    return await sending.shown(null, ours ? undefined : deletedByHand);
  }
  return await sending.shown(null);
}

async function gone(sending: Sending): Promise<Outcome> {
  if (!(await recordGone(sending.parts.db, sending.own))) return busy;
  return { type: 'done', revision: sending.poll.revision, remark: deletedByHand };
}

async function pingOnly(sending: Sending): Promise<Outcome> {
  const { parts, poll } = sending;
  await pingRole(sending);
  await release(parts.db, [sending.own], 'unsent');
  return { type: 'done', revision: poll.shownRevision };
}
