import { InteractionResponseType, MessageFlags, Routes } from 'discord-api-types/v10';
import type { Clock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Messages } from '../../delivery/messages/messages.ts';
import type { CallOptions, RestCalls, Route } from '../../delivery/rest-calls.ts';
import { discordFailure } from '../../delivery/sending/discord-outcome.ts';
import { newMessage, wholeEdit } from '../../delivery/sending/payload.ts';
import type { ModalBody, Respond } from '../respond.ts';
import { type FirstResponse, respondFirst } from './first-response.ts';
import { NotOurs } from './not-ours.ts';
import { persist } from './persist.ts';

const slowAfterMs = 1500;

export interface PressedMessage {
  readonly id: string;
  /** Whether only the caller sees it. */
  readonly private: boolean;
}

export interface ReplyParts {
  readonly rest: RestCalls;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly applicationId: () => string;
  readonly interaction: {
    readonly id: string;
    readonly token: string;
    /** The message whose component was used, directly or through a modal. */
    readonly message: PressedMessage | null;
  };
}

/** How the interaction was first responded to. */
type First = 'message' | 'update' | 'modal' | 'silent' | 'waiting';

/**
 * The answer of a handler that responds by itself. Discord takes one first response; what comes after it goes by
 * edits and follow-ups. Every way to respond throws `NotOurs` once it is clear that nobody waits for this process.
 */
export class Reply implements Respond {
  readonly #parts: ReplyParts;
  readonly #done = new AbortController();
  #first: Promise<{ how: First; result: FirstResponse }> | null = null;
  #left = false;

  constructor(parts: ReplyParts) {
    this.#parts = parts;
  }

  /** Acknowledges without a word if nothing was said in time. `finish` ends it. */
  async watch(): Promise<void> {
    await this.#parts.clock.sleep(slowAfterMs, this.#done.signal);
    if (this.#done.signal.aborted || this.#first !== null) return;
    await this.#acknowledge();
  }

  async update(body: MessageBody): Promise<void> {
    // A forged custom id can come from any message of ours. One person's answer does not replace what others see.
    if (this.#parts.interaction.message?.private === false) return await this.tell(body);
    const edit = wholeEdit(body);
    const first = await this.#asFirst('update', InteractionResponseType.UpdateMessage, edit);
    if (first === 'sent') return;
    const onOwnMessage = first === 'message' || first === 'modal';
    const pressed = onOwnMessage ? (this.#parts.interaction.message?.id ?? '@original') : '@original';
    await this.#edit(pressed, body);
  }

  async modal(body: ModalBody): Promise<void> {
    const first = await this.#asFirst('modal', InteractionResponseType.Modal, { body });
    if (first !== 'sent') throw new UserError('That took too long to open. Please press the button again.');
  }

  async message(
    body: MessageBody,
    options: { private: boolean; owed?: boolean },
  ): Promise<{ posted: boolean; messageId: string | null }> {
    const flags = options.private ? MessageFlags.Ephemeral : undefined;
    const message = newMessage(body, flags === undefined ? {} : { flags });
    const respond = this.#asFirst('message', InteractionResponseType.ChannelMessageWithSource, message);
    const first = options.owed
      ? await respond.catch((error: unknown) => this.#forestalled(error))
      : await respond;
    if (first === 'gone') return { posted: false, messageId: null };
    if (first === 'sent') return { posted: true, messageId: await this.#postedId(body) };
    if (first === 'waiting') {
      // The acknowledgement was private, so a public message is still owed.
      const messageId = await this.#edit('@original', body);
      return { posted: options.private, messageId: options.private ? messageId : null };
    }
    const messageId = await this.#followUp(message);
    return { posted: messageId !== null, messageId };
  }

  /** Says something to the caller alone, in whichever way still works. */
  async tell(body: MessageBody): Promise<void> {
    await this.message(body, { private: true });
  }

  leave(): void {
    this.#left = true;
    this.#done.abort();
  }

  /** Ends the watch. Acknowledges if nobody has. */
  async finish(): Promise<void> {
    this.#done.abort();
    if (this.#left) return;
    if (this.#first === null) await this.#acknowledge();
    else await this.#first;
  }

  /** What is left to do after another process's acknowledgement: it said nothing, or that an answer will come. */
  #forestalled(error: unknown): First | 'gone' {
    if (!(error instanceof NotOurs)) throw error;
    if (error.why === 'gone') return 'gone';
    return this.#parts.interaction.message !== null ? 'silent' : 'waiting';
  }

  async #acknowledge(): Promise<void> {
    if (this.#parts.interaction.message !== null) {
      await this.#asFirst('silent', InteractionResponseType.DeferredMessageUpdate);
    } else {
      const flags = { body: { flags: MessageFlags.Ephemeral } };
      await this.#asFirst('waiting', InteractionResponseType.DeferredChannelMessageWithSource, flags);
    }
  }

  /** `sent`; or how it had been responded to before. */
  async #asFirst(how: First, type: InteractionResponseType, data?: CallOptions): Promise<First | 'sent'> {
    const earlier = this.#first;
    if (earlier === null) {
      this.#first = respondFirst(this.#parts, { type, ...(data && { data }) }).then((result) => ({
        how,
        result,
      }));
    }
    try {
      const { how: taken, result } = await this.#first!;
      if (result.type === 'elsewhere' || result.type === 'gone') throw new NotOurs(result.type);
      return earlier === null ? 'sent' : taken;
    } catch (error) {
      // A response with which Discord found fault was none, so the error can still be answered.
      if (earlier === null && !(error instanceof NotOurs)) this.#first = null;
      throw error;
    }
  }

  /**
   * The id of the posted message. If Discord did not say it, it is asked. If it does not say it even then, an edit of
   * the original may still tell.
   */
  async #postedId(body: MessageBody): Promise<string | null> {
    const { result } = await this.#first!;
    if (result.type === 'taken' && result.messageId !== null) return result.messageId;
    const { messages, interaction } = this.#parts;
    const original = await messages.originalOf(interaction.token);
    if (original.type === 'sent') return original.messageId;
    // It is certain what the original is only if this response was taken.
    if (result.type !== 'taken') return null;
    const edited = await messages.editByToken(interaction.token, '@original', body);
    return edited.type === 'sent' ? edited.messageId : null;
  }

  async #edit(messageId: string, body: MessageBody): Promise<string> {
    const { messages, clock, interaction } = this.#parts;
    const sent = await persist(clock, () => messages.editByToken(interaction.token, messageId, body));
    if (sent.type === 'sent') return sent.messageId;
    throw new Error(`The answer could not be shown: ${sent.reason}`);
  }

  /**
   * Posts a follow-up by itself, because it may have to be public. Null if the answer was lost: repeating could post
   * it twice.
   */
  async #followUp(message: CallOptions): Promise<string | null> {
    const { rest, applicationId, interaction } = this.#parts;
    try {
      const posted = await rest.post(Routes.webhook(applicationId(), interaction.token) as Route, {
        ...message,
        query: new URLSearchParams({ wait: 'true' }),
        auth: false,
      });
      return (posted as { id?: string }).id ?? null;
    } catch (error) {
      const { outcome } = discordFailure(error, { channelId: '', auth: false });
      if (outcome.type === 'retry') return null;
      throw error;
    }
  }
}
