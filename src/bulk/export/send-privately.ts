import type { Clock } from '../../base/clock.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Messages, Sent } from '../../delivery/messages/messages.ts';
import { sendUntilTaken } from '../../delivery/messages/send-until-taken.ts';

/** Who gets the message, and the interaction of theirs that it can be a reply to. */
export interface Addressee {
  readonly userId: string;
  readonly token: string | null;
  readonly tokenExpiresAt: Date | null;
}

export type SentPrivately =
  | { readonly type: 'sent'; readonly way: 'as a private reply' | 'by direct message' }
  | Extract<Sent, { type: 'refused' }>;

export interface PrivateMessage {
  readonly body: MessageBody;
  /**
   * At most 25 characters. It keeps a direct message from being posted twice. A follow-up has none, so one whose answer
   * was lost comes twice rather than never.
   */
  readonly nonce: string;
}

/**
 * Sends a message that only its addressee sees: as a follow-up while the interaction's token works, else by direct
 * message. Waits out limits and outages. Returns Discord's refusal of both ways, or null if `stopping` aborted first.
 */
export async function sendPrivately(
  parts: { readonly messages: Messages; readonly clock: Clock },
  to: Addressee,
  { body, nonce }: PrivateMessage,
  stopping: AbortSignal,
): Promise<SentPrivately | null> {
  const { messages, clock } = parts;
  let { token } = to;
  const send = async (): Promise<Sent> => {
    if (to.tokenExpiresAt === null || to.tokenExpiresAt <= clock.now()) token = null;
    if (token !== null) {
      const sent = await messages.followUp(token, body);
      if (sent.type !== 'refused') return sent;
      token = null;
    }
    return await messages.direct(to.userId, body, nonce);
  };
  const sent = await sendUntilTaken(clock, send, { stopping });
  if (sent.type === 'retry') return null;
  if (sent.type === 'refused') return sent;
  return { type: 'sent', way: token === null ? 'by direct message' : 'as a private reply' };
}
