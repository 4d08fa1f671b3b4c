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
import type { Caller } from './caller.ts';
import type { Respond } from './respond.ts';

/** One use of a command, button, menu or modal. */
export interface Invocation<Interaction> {
  readonly interaction: Interaction;
  readonly caller: Caller;
}

/** An invocation that the handler responds to by itself. */
export interface OpenInvocation<Interaction> extends Invocation<Interaction> {
  readonly respond: Respond;
}

/**
 * How subcommands, context commands and presses are handled. `Values`: what a press carries in its custom id.
 *
 * `acknowledge: 'private'`: the dispatcher acknowledges privately before `run`, which returns the private answer.
 * `acknowledge: 'self'`: `run` responds through `respond` within 3 seconds. If it is slow, the dispatcher
 * acknowledges without a word, and `respond` falls back to what still works then: everything but a modal.
 *
 * In both cases a thrown `UserError` is answered privately with its text.
 */
export type Handler<Interaction, Values extends readonly object[] = []> =
  | {
      readonly acknowledge: 'private';
      run(invocation: Invocation<Interaction>, ...values: Values): Promise<MessageBody>;
    }
  | {
      readonly acknowledge: 'self';
      run(invocation: OpenInvocation<Interaction>, ...values: Values): Promise<void>;
    };

export type CommandHandler = Handler<ChatInputCommandInteraction>;

export interface SlashCommand {
  readonly definition: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** By what follows the command's name: `close`, `selection add`, or '' for a command without subcommands. */
  readonly handlers: ReadonlyMap<string, CommandHandler>;
  complete?(interaction: AutocompleteInteraction, caller: Caller): Promise<readonly Choice[]>;
}

export interface Choice {
  readonly name: string;
  readonly value: string | number;
}

/** A command in a message's menu (`Apps → …`). */
export type ContextCommand = Handler<MessageContextMenuCommandInteraction> & {
  readonly definition: RESTPostAPIContextMenuApplicationCommandsJSONBody;
};

export type PressInteraction = MessageComponentInteraction | ModalSubmitInteraction;

/** A button, menu or modal. See `onPress`. */
export interface PressHandler {
  /** How a press with this custom id is handled; null if it is none of this kind. */
  handlerOf(customId: string): Handler<PressInteraction> | null;
}
