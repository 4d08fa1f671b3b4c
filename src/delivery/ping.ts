import { Routes } from 'discord-api-types/v10';
import { pingMessage } from '../polls/message.ts';
import type { Claimed } from './claim-store.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { recordPinged } from './delivery-store.ts';
import { discordFailure } from './discord-outcome.ts';
import { newMessage } from './payload.ts';

/**
 * Pings the poll's role once, by a new message: an edit pings nobody. Where Discord is busy or does not answer, the ping
 * stays pending and the sweep comes back to it, with the same nonce. A refusal is no failure of the poll: it is logged.
 */
export async function pingRole(
  { db, rest, limits, clock, log }: DeliverParts,
  { pollId, claim, poll }: Claimed,
  headers: Record<string, string>,
): Promise<void> {
  const { channelId } = poll;
  if (poll.pingRoleId !== null) {
    if (limits.delay(channelId, 'post', clock.monotonic()) > 0) return;
    try {
      await rest.post(Routes.channelMessages(channelId), {
        ...newMessage(pingMessage(poll), { nonce: `ping-${pollId}-${poll.version}` }),
        headers,
      });
    } catch (error) {
      const { outcome } = discordFailure(error, poll);
      if (outcome.type !== 'failed') return;
      log.warn(
        { poll: pollId, code: outcome.code, reason: outcome.reason },
        'the ping for an opened poll was refused',
      );
    }
  }
  await recordPinged(db, { pollId, claim });
}
