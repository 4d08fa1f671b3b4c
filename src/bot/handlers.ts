import type {
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  MessageComponentInteraction,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
} from 'discord.js';
import type {
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import type { MessageBody } from '../base/message-body.ts';
import type { Scope } from '../polls/scope.ts';

/** Who is asking, taken from the interaction itself and never from a custom id. */
export interface Caller {
  readonly userId: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly interactionId: string;
  readonly locale: string;
  /** What they may act on; null for somebody who is no admin here. */
  readonly scope: Scope | null;
}

export interface Choice {
  readonly name: string;
  readonly value: string | number;
}

/**
 * A slash command. The dispatcher has acknowledged it privately before `run` starts; what `run` returns is the private
 * answer. A thrown `UserError` is answered with its text.
 */
export interface SlashCommand {
  readonly definition: RESTPostAPIChatInputApplicationCommandsJSONBody;
  run(interaction: ChatInputCommandInteraction, caller: Caller): Promise<MessageBody>;
  complete?(interaction: AutocompleteInteraction, caller: Caller): Promise<readonly Choice[]>;
  /**
   * Subcommands, by name, that respond by themselves like a `'self'` press, because their response is public. `run` is
   * not called for them.
   */
  readonly self?: Readonly<
    Record<
      string,
      (interaction: ChatInputCommandInteraction, caller: Caller, respond: Respond) => Promise<void>
    >
  >;
}

/** A command in a message's menu (`Apps → …`); acknowledged and answered as a slash command is. */
export interface ContextCommand {
  readonly definition: RESTPostAPIContextMenuApplicationCommandsJSONBody;
  run(interaction: MessageContextMenuCommandInteraction, caller: Caller): Promise<MessageBody>;
}

export type PressInteraction = MessageComponentInteraction | ModalSubmitInteraction;

/**
 * A button, menu or modal, found by the first part of its custom id (`action:arg:arg`).
 *
 * `acknowledge: 'private'`: acknowledged privately before `run`, which returns the private answer.
 * `acknowledge: 'self'`: `run` responds through `respond` itself, within 3 seconds; a `UserError` is answered
 * privately. If it is slow, the dispatcher acknowledges without a word and `respond` falls back to what then still
 * works: everything but a modal.
 */
export type PressHandler =
  | {
      readonly action: string;
      readonly acknowledge: 'private';
      run(interaction: PressInteraction, args: readonly string[], caller: Caller): Promise<MessageBody>;
    }
  | {
      readonly action: string;
      readonly acknowledge: 'self';
      run(
        interaction: PressInteraction,
        args: readonly string[],
        caller: Caller,
        respond: Respond,
      ): Promise<void>;
    };

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
