import type { MessageBody } from '../../base/message-body.ts';
import type { Lost } from '../sending/own-messages.ts';

/** What became of a message that is not a poll's: progress, results, files. */
export type Sent =
  | {
      readonly type: 'sent';
      readonly channelId: string;
      readonly messageId: string;
      /** Whether only one person sees it. */
      readonly ephemeral?: boolean;
      /** An earlier try had posted it; it shows what was true then. */
      readonly found?: true;
    }
  /** Discord refuses for good: no access, token expired, message gone, direct messages closed. */
  | { readonly type: 'refused'; readonly code: string; readonly reason: string }
  /** Not now: limit, 5xx, time-out. It may have been done all the same. */
  | { readonly type: 'retry'; readonly afterMs: number; readonly reason: string };

/**
 * Messages that are no poll's. Each call is one request. `direct` takes two, and the search for a message that was
 * lost takes one for each hundred. None throws for what Discord answers.
 */
export interface Messages {
  /**
   * Edits a message through an interaction's token. `'@original'` is its first response. Works for private messages.
   */
  editByToken(token: string, messageId: string, body: MessageBody): Promise<Sent>;
  /** The id of an interaction's first response. */
  originalOf(token: string): Promise<Sent>;
  /** A private message after the first response. */
  followUp(token: string, body: MessageBody): Promise<Sent>;
  /**
   * `nonce`: at most 25 characters. Within a few minutes the same nonce never posts twice. `lost`: an earlier try may
   * have posted the message, so it is looked for first.
   */
  post(channelId: string, body: MessageBody, nonce: string, lost?: Lost | null): Promise<Sent>;
  edit(channelId: string, messageId: string, body: MessageBody): Promise<Sent>;
  direct(userId: string, body: MessageBody, nonce: string, lost?: Lost | null): Promise<Sent>;
}
