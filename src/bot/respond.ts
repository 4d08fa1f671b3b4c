import type { MessageBody } from '../base/message-body.ts';

/** The first response to an interaction. Each resolves when Discord has taken it. */
export interface Respond {
  /** Replaces the private message whose component was pressed. What others see stays: there the answer comes privately. */
  update(body: MessageBody): Promise<void>;
  /** Opens a modal. */
  modal(body: ModalBody): Promise<void>;
  /**
   * Posts a message in the channel as the response (private: only the caller sees it). `owed`: this process alone has
   * committed what the message tells of, so it is posted also where another process was faster to acknowledge.
   * `posted` is false where another response came first and it is not known to have appeared: the caller then posts by
   * itself. `messageId` is null where Discord's answer was lost and the message could not be found either.
   */
  message(
    body: MessageBody,
    options: { private: boolean; owed?: boolean },
  ): Promise<{ posted: boolean; messageId: string | null }>;
  /** Another process has this interaction: says nothing, not even that it was received, which would forestall it. */
  leave(): void;
}

export interface ModalBody {
  readonly custom_id: string;
  readonly title: string;
  readonly components: readonly unknown[];
}
