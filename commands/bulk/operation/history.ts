import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import { chosenId } from '../../../src/bot/chosen-id.ts';
import type { PressHandler } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { renderHistory } from '../../../src/bulk/insight/history-embed.ts';
import {
  checkHistoryQuery,
  defaultHistoryLimit,
  type HistoryQuery,
  historyStatuses,
  historyTypes,
  maxHistoryLimit,
  maxHistoryOffset,
} from '../../../src/bulk/insight/history-query.ts';
import { readHistory } from '../../../src/bulk/insight/history-store.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { requireAdmin } from '../request/caller.ts';
import { oneOf, wholeNumber } from '../request/checked-options.ts';

/** `/bulk history`: past operations, newest first. */
export function historySubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition(
      'history',
      'Past operations, newest first',
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'limit',
        description: `How many on a page (default: ${defaultHistoryLimit})`,
        min_value: 1,
        max_value: maxHistoryLimit,
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'offset',
        description: 'How many of the newest to leave out',
        min_value: 0,
        max_value: maxHistoryOffset,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'type',
        description: 'Only operations of this kind',
        choices: historyTypes().map((value) => ({ name: value, value })),
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'status',
        description: 'Only operations with this result, or in this state',
        choices: historyStatuses.map((value) => ({ name: value, value })),
      },
      {
        type: ApplicationCommandOptionType.User,
        name: 'admin',
        description: 'Only operations of this person',
      },
    ),
    acknowledge: 'private',
    run: ({ interaction: { options }, caller }) =>
      history(services, caller, {
        limit: wholeNumber(options, 'limit', { min: 1, max: maxHistoryLimit }) ?? defaultHistoryLimit,
        offset: wholeNumber(options, 'offset', { min: 0, max: maxHistoryOffset }) ?? 0,
        type: oneOf(options, 'type', historyTypes()),
        status: oneOf(options, 'status', historyStatuses),
        adminId: chosenId(options, 'admin'),
      }),
  };
}

/** `◀ ▶` on a page of it. */
export function historyPresses(services: BulkServices): PressHandler[] {
  return [customIds.historyBack, customIds.historyOn].map((id) =>
    onPress(id, {
      acknowledge: 'self',
      run: async ({ caller, respond }, page) => {
        const query = checkHistoryQuery(page);
        if (!query) throw new UserError('This button no longer works. Use `/bulk history` again.');
        await respond.update(await history(services, caller, query));
      },
    }),
  );
}

async function history(services: BulkServices, caller: Caller, query: HistoryQuery): Promise<MessageBody> {
  const scope = requireAdmin(caller);
  return renderHistory(
    await readHistory(services.db, scope, query),
    query,
    scope.all ? services.names : null,
  );
}
