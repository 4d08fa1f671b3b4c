import type { MessageBody } from '../base/message-body.ts';

/** The ways to give the first response to an interaction. Each resolves when Discord has taken it. */
export interface Respond {
  /**
   * Replaces the private message whose component was pressed. A message that others see stays; then the answer comes
   * privately.
   */
  update(body: MessageBody): Promise<void>;
  /** Opens a modal. */
  modal(body: ModalBody): Promise<void>;
  /**
   * Posts a message in the channel as the response (private: only the caller sees it). `owed`: this process alone has
   * committed what the message tells, so it is posted even if another process was faster to acknowledge. `posted` is
   * false if another response came first and the message is not known to have appeared; then the caller posts it by
   * itself. `messageId` is null if Discord's answer was lost and the message could not be found either.
   */
  message(
    body: MessageBody,
    options: { private: boolean; owed?: boolean },
  ): Promise<{ posted: boolean; messageId: string | null }>;
  /**
   * Says nothing, because another process has this interaction. It does not even acknowledge, which would come before
   * that process's answer.
   */
  leave(): void;
}

export interface ModalBody {
  readonly custom_id: string;
  readonly title: string;
  readonly components: readonly unknown[];
}
