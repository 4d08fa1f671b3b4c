import type { ChatInputCommandInteraction } from 'discord.js';
import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord-api-types/v10';
import { chosenId } from '../../../src/bot/chosen-id.ts';
import { filterNames, type PollFilter, pollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { type TargetContext, targets } from './target-options.ts';

/**
 * The target options of a command: what was written, for the audit, and the filter that it means. Both are empty if
 * no target option was used. Throws `UserError` for what cannot be meant.
 */
export function readTargets(
  { options }: Pick<ChatInputCommandInteraction, 'options'>,
  context: TargetContext,
): { targets: Record<string, string>; filter: PollFilter } {
  const given = filterNames.flatMap((filter) => {
    const { option, read } = targets[filter];
    const written = writtenIn(options, option);
    return written === null ? [] : [{ filter, name: option.name, written, value: read(written, context) }];
  });
  return {
    targets: Object.fromEntries(given.map(({ name, written }) => [name, storable(written)])),
    filter: pollFilter.parse(Object.fromEntries(given.map(({ filter, value }) => [filter, value]))),
  };
}

function writtenIn(
  options: ChatInputCommandInteraction['options'],
  { type, name }: APIApplicationCommandBasicOption,
): string | null {
  return type === ApplicationCommandOptionType.String ? options.getString(name) : chosenId(options, name);
}

/**
 * What the audit keeps of what was written: shortened, and without what PostgreSQL cannot store (NUL, and half an
 * emoji).
 */
function storable(value: string): string {
  return value.replaceAll('\u0000', '').slice(0, 500).toWellFormed();
}
