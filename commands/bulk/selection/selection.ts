import type { ChatInputCommandInteraction } from 'discord.js';
import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import { type SubcommandGroup, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { renderSelection } from '../../../src/bulk/selection/selection-embed.ts';
import {
  changeSelection,
  readSelection,
  type SelectionChange,
  type SelectionWish,
} from '../../../src/bulk/selection/selection-store.ts';
import { changeText, goneText, selectedText } from '../../../src/bulk/selection/selection-text.ts';
import { formatPollNumbers, parsePollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import type { Trx } from '../../../src/db/transaction.ts';
import { matchPolls } from '../../../src/polls/lists/match-polls.ts';
import { loadPolls } from '../../../src/polls/poll-store.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { ownerOf } from '../request/caller.ts';
import { targets } from '../request/target-options.ts';

const polls = { ...targets.ids.option, required: true };

/** `/bulk selection show|add|remove|set|clear`: the saved selection by hand. */
export function selectionGroup(services: BulkServices): SubcommandGroup {
  const numbersIn = ({ options }: ChatInputCommandInteraction) =>
    parsePollNumbers(options.getString('polls', true), services.planLimits.maxPolls);
  return {
    name: 'selection',
    description: 'Your saved selection of polls',
    subcommands: [
      {
        definition: subcommandDefinition('show', 'Which polls are selected'),
        acknowledge: 'private',
        run: ({ caller }) => show(services, caller),
      },
      {
        definition: subcommandDefinition('add', 'Select more polls', polls),
        acknowledge: 'private',
        run: async ({ interaction, caller }) => {
          const ids = numbersIn(interaction);
          const done = await change(services, caller, () => ({ add: ids }));
          return answer(done, already(ids, done, 'Selected before'));
        },
      },
      {
        definition: subcommandDefinition('remove', 'Take polls off the selection', polls),
        acknowledge: 'private',
        run: async ({ interaction, caller }) => {
          const ids = numbersIn(interaction);
          const done = await change(services, caller, () => ({ remove: ids }));
          return answer(done, already(ids, done, 'Not selected anyway'));
        },
      },
      {
        definition: subcommandDefinition('set', 'Select exactly these polls', polls),
        acknowledge: 'private',
        run: async ({ interaction, caller }) =>
          answer(await setExactly(services, caller, numbersIn(interaction))),
      },
      {
        definition: subcommandDefinition('clear', 'Select nothing'),
        acknowledge: 'private',
        run: async ({ caller }) => answer(await change(services, caller, () => ({ remove: 'all' }))),
      },
    ],
  };
}

async function show(services: BulkServices, caller: Caller): Promise<MessageBody> {
  const owner = ownerOf(caller);
  const selection = await readSelection(services.db, owner);
  const shown = await loadPolls(services.db, owner.scope, selection.ids);
  return renderSelection(selection, [...shown.values()], services.names);
}

async function setExactly(
  services: BulkServices,
  caller: Caller,
  ids: readonly number[],
): Promise<SelectionChange> {
  return await change(services, caller, async (_before, trx) => {
    const found = await matchPolls(trx, ownerOf(caller).scope, { ids }, ids.length);
    if (found.count === 0) throw noneFound(ids);
    return { remove: 'all', add: ids };
  });
}

async function change(
  services: BulkServices,
  caller: Caller,
  wish: (before: unknown, trx: Trx) => SelectionWish | Promise<SelectionWish>,
): Promise<SelectionChange> {
  const { interactionId } = caller;
  const context = { interactionId, maxPolls: services.planLimits.maxPolls, now: services.clock.now() };
  return await changeSelection(services.db, ownerOf(caller), context, wish);
}

function answer(done: SelectionChange, more: string | null = null): MessageBody {
  const lines = [`**${selectedText(done.selection)}**`, changeText(done), more, goneText(done.selection)];
  return { content: lines.filter((line) => line !== null).join('\n') };
}

/** The words for what was named and needed no change; null if there is nothing. */
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
