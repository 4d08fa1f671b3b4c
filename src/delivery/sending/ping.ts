import { Routes } from 'discord-api-types/v10';
import { isPingOf, pingMessage } from '../../polls/message.ts';
import { lacking } from '../refusals.ts';
import type { Obstacle } from '../rights.ts';
import { recordPinged, recordPingTried } from './delivery-store.ts';
import { newMessage } from './payload.ts';
import type { Sending } from './sending.ts';

/**
 * Pings the poll's role once for each opening, by a new message, because an edit pings nobody. If Discord is busy or
 * does not answer, or if the bot is timed out, the ping stays due and the sweep comes back to it. Then it first looks
 * whether the ping is there. A refusal is no failure of the poll: it is logged. If the bot may edit but not post, it
 * does not ask.
 */
export async function pingRole(sending: Sending): Promise<void> {
  const { db, rest, log } = sending.parts;
  const { own, claim } = sending;
  const poll = { ...sending.poll, messageId: sending.messageId };
  const obstacle = sending.obstacle('post');
  if (obstacle?.timedOutUntil) return;
  if (obstacle !== null && forbidsPing(obstacle)) {
    log.warn({ poll: poll.id, reason: lacking(poll.channelId, obstacle) }, 'an opened poll pings nobody');
  } else if (poll.pingRoleId !== null) {
    try {
      const { triedAt, opening } = claim.ping;
      let there: string | null = null;
      if (triedAt !== null) {
        there = await sending.find({ triedAt, isIt: (message) => isPingOf(poll, opening, message) });
      }
      if (there === null) {
        if (sending.delay('post') > 0 || !(await recordPingTried(db, own))) return;
        const nonce = `ping-${poll.id}-${opening.getTime().toString(36)}`;
        const body = newMessage(pingMessage(poll, opening), { nonce });
        await rest.post(Routes.channelMessages(poll.channelId), sending.with(body));
      }
    } catch (error) {
      const { outcome } = sending.failure(error, 'post');
      if (outcome.type !== 'failed') return;
      const { code, reason } = outcome;
      log.warn({ poll: poll.id, code, reason }, 'the ping for an opened poll was refused');
    }
  }
  await recordPinged(db, own);
}

/** Whether the obstacle forbids a ping. A ping has no embed, and its thread was opened to show the poll. */
function forbidsPing({ right }: Obstacle): boolean {
  return right === 'view' || right === 'post';
}
