import type { Clock } from '../../base/clock.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Messages, Sent } from '../../delivery/messages/messages.ts';

/** Who gets something, and the interaction of theirs that it can be a reply to. */
export interface Addressee {
  readonly userId: string;
  readonly token: string | null;
  readonly tokenExpiresAt: Date | null;
}

export type SentPrivately =
  | { readonly type: 'sent'; readonly way: 'as a private reply' | 'by direct message' }
  | Extract<Sent, { type: 'refused' }>;

const longestPauseMs = 15_000;

/**
 * Sends a message that only its addressee sees: as a follow-up while the interaction's token works, else by direct
 * message. Waits out limits and outages; returns Discord's refusal of both ways, or null when `signal` aborted first.
 * `nonce` (at most 25 characters) keeps a direct message from being posted twice; a follow-up has none, so one whose
 * answer was lost comes twice rather than never.
 */
export async function sendPrivately(
  parts: { readonly messages: Messages; readonly clock: Clock },
  to: Addressee,
  body: MessageBody,
  nonce: string,
  signal: AbortSignal,
): Promise<SentPrivately | null> {
  const { messages, clock } = parts;
  let { token } = to;
  for (let pauseMs = 500; !signal.aborted; ) {
    if (to.tokenExpiresAt === null || to.tokenExpiresAt <= clock.now()) token = null;
    const sent =
      token === null ? await messages.direct(to.userId, body, nonce) : await messages.followUp(token, body);
    if (sent.type === 'sent') {
      return { type: 'sent', way: token === null ? 'by direct message' : 'as a private reply' };
    }
    if (sent.type === 'retry') {
      await clock.sleep(Math.max(pauseMs, sent.afterMs), signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    } else if (token === null) return sent;
    else token = null;
  }
  return null;
}
