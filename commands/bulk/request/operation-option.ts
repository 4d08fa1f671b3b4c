import type { ChatInputCommandInteraction } from 'discord.js';
import { type APIApplicationCommandIntegerOption, ApplicationCommandOptionType } from 'discord-api-types/v10';

/** The option that takes an operation's number. */
export function operationOption(use: 'required' | 'optional'): APIApplicationCommandIntegerOption {
  return {
    type: ApplicationCommandOptionType.Integer,
    name: 'operation',
    description: "The operation's number",
    min_value: 1,
    required: use === 'required',
    autocomplete: true,
  };
}

/** The number in that option, if it is required. */
export function operationIn({ options }: ChatInputCommandInteraction): number {
  return options.getInteger('operation', true);
}
