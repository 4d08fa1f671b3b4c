import type { ChatInputCommandInteraction } from 'discord.js';
import {
  type APIApplicationCommandIntegerOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
} from 'discord-api-types/v10';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/handlers.ts';

/** A subcommand of `/bulk` that is no kind of operation: what it looks like, and its private answer. */
export interface OperationSubcommand {
  readonly definition: APIApplicationCommandSubcommandOption;
  run(interaction: ChatInputCommandInteraction, caller: Caller): Promise<MessageBody>;
}

export function subcommand(
  name: string,
  description: string,
  ...options: NonNullable<APIApplicationCommandSubcommandOption['options']>
): APIApplicationCommandSubcommandOption {
  return { type: ApplicationCommandOptionType.Subcommand, name, description, options };
}

export function operationOption(required: boolean): APIApplicationCommandIntegerOption {
  return {
    type: ApplicationCommandOptionType.Integer,
    name: 'operation',
    description: "The operation's number",
    min_value: 1,
    required,
    autocomplete: true,
  };
}
