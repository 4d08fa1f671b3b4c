import type { ChatInputCommandInteraction } from 'discord.js';
import {
  type APIApplicationCommandSubcommandGroupOption,
  ApplicationCommandOptionType,
} from 'discord-api-types/v10';
import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/handlers.ts';
import { renderSelection } from '../../../src/bulk/selection/selection-embed.ts';
import {
  changeSelection,
  readSelection,
  type SelectionChange,
  type SelectionWish,
} from '../../../src/bulk/selection/selection-store.ts';
import { changeText, goneText, selectedText } from '../../../src/bulk/selection/selection-text.ts';
import { formatPollNumbers, parsePollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import type { Db } from '../../../src/db/schema.ts';
import { matchPolls } from '../../../src/polls/lists/match-polls.ts';
import { loadPolls } from '../../../src/polls/poll-store.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { ownerOf } from '../request/caller.ts';
import { subcommand } from '../request/subcommand.ts';
import { targets } from '../request/target-options.ts';

const polls = { ...targets.ids.option, required: true };

/** `/bulk selection show|add|remove|set|clear`: the saved selection by hand. */
export const selectionDefinition: APIApplicationCommandSubcommandGroupOption = {
  type: ApplicationCommandOptionType.SubcommandGroup,
  name: 'selection',
  description: 'Your saved selection of polls',
  options: [
    subcommand('show', 'Which polls are selected'),
    subcommand('add', 'Select more polls', polls),
    subcommand('remove', 'Take polls off the selection', polls),
    subcommand('set', 'Select exactly these polls', polls),
    subcommand('clear', 'Select nothing'),
  ],
};

/** Runs one of them. */
export async function runSelection(
  services: BulkServices,
  interaction: ChatInputCommandInteraction,
  caller: Caller,
): Promise<MessageBody> {
  const named = () =>
    parsePollNumbers(interaction.options.getString('polls', true), services.limits.maxPolls);
  switch (interaction.options.getSubcommand()) {
    case 'show':
      return await show(services, caller);
    case 'add': {
      const ids = named();
      return answer(await change(services, caller, () => ({ add: ids })), (done) =>
        already(ids, done, 'Selected before'),
      );
    }
    case 'remove': {
      const ids = named();
      return answer(await change(services, caller, () => ({ remove: ids })), (done) =>
        already(ids, done, 'Not selected anyway'),
      );
    }
    case 'set': {
      const ids = named();
      return answer(
        await change(services, caller, async (_before, trx) => {
          const found = await matchPolls(trx, ownerOf(caller).scope, { ids }, ids.length);
          if (found.count === 0) throw noneFound(ids);
          return { remove: 'all', add: ids };
        }),
      );
    }
    case 'clear':
      return answer(await change(services, caller, () => ({ remove: 'all' })));
    default:
      throw new Error('/bulk selection has no such subcommand');
  }
}

async function show(services: BulkServices, caller: Caller): Promise<MessageBody> {
  const owner = ownerOf(caller);
  const selection = await readSelection(services.db, owner);
  const shown = await loadPolls(services.db, owner.scope, selection.ids);
  return renderSelection(selection, [...shown.values()], services.names);
}

async function change(
  services: BulkServices,
  caller: Caller,
  wish: (before: unknown, trx: Db) => SelectionWish | Promise<SelectionWish>,
): Promise<SelectionChange> {
  const { interactionId } = caller;
  const context = { interactionId, maxPolls: services.limits.maxPolls, now: services.clock.now() };
  return await changeSelection(services.db, ownerOf(caller), context, wish);
}

function answer(
  done: SelectionChange,
  more: (done: SelectionChange) => string | null = () => null,
): MessageBody {
  const lines = [
    `**${selectedText(done.selection)}**`,
    changeText(done),
    more(done),
    goneText(done.selection),
  ];
  return { content: lines.filter((line) => line !== null).join('\n') };
}

/** What was named and needed no change. */
function already(ids: readonly number[], done: SelectionChange, words: string): string | null {
  const told = new Set([...done.added, ...done.removed, ...done.unknown]);
  const rest = ids.filter((id) => !told.has(id));
  return rest.length === 0 ? null : `${words}: ${formatPollNumbers(rest)}.`;
}

function noneFound(ids: readonly number[]): UserError {
  return new UserError(
    `None of these polls was found: ${formatPollNumbers(ids)}. Your selection is as it was. See \`/poll list\` for the numbers.`,
  );
}
