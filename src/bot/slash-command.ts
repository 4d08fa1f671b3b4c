import {
  type APIApplicationCommandSubcommandGroupOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import type { CommandHandler, SlashCommand } from './handlers.ts';

/** What a subcommand looks like, and how it is answered. */
export type Subcommand = CommandHandler & { readonly definition: APIApplicationCommandSubcommandOption };

/** Subcommands that follow a word of their own: `selection add`, `selection clear`. */
export interface SubcommandGroup {
  readonly name: string;
  readonly description: string;
  readonly subcommands: readonly Subcommand[];
}

/** A slash command made of its subcommands, in the order in which Discord shows them. */
export function slashCommand(
  command: Omit<RESTPostAPIChatInputApplicationCommandsJSONBody, 'options'>,
  parts: readonly (Subcommand | SubcommandGroup)[],
  complete: NonNullable<SlashCommand['complete']>,
): SlashCommand {
  return {
    definition: { ...command, options: parts.map(definitionOf) },
    handlers: new Map(parts.flatMap(handlersOf)),
    complete,
  };
}

function definitionOf(
  part: Subcommand | SubcommandGroup,
): APIApplicationCommandSubcommandOption | APIApplicationCommandSubcommandGroupOption {
  if ('definition' in part) return part.definition;
  const { name, description, subcommands } = part;
  return {
    type: ApplicationCommandOptionType.SubcommandGroup,
    name,
    description,
    options: subcommands.map(({ definition }) => definition),
  };
}

function handlersOf(part: Subcommand | SubcommandGroup): [path: string, handler: CommandHandler][] {
  if ('definition' in part) return [[part.definition.name, part]];
  return part.subcommands.map((one) => [`${part.name} ${one.definition.name}`, one]);
}

/** What a subcommand looks like. */
export function subcommandDefinition(
  name: string,
  description: string,
  ...options: NonNullable<APIApplicationCommandSubcommandOption['options']>
): APIApplicationCommandSubcommandOption {
  return { type: ApplicationCommandOptionType.Subcommand, name, description, options };
}
