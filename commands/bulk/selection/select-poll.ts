import { ApplicationCommandType } from 'discord-api-types/v10';
import { UserError } from '../../../src/base/errors.ts';
import type { ContextCommand } from '../../../src/bot/handlers.ts';
import { changeSelection } from '../../../src/bulk/selection/selection-store.ts';
import { goneText, selectedText } from '../../../src/bulk/selection/selection-text.ts';
import { findPollOfMessage } from '../../../src/polls/poll-store.ts';
import { pollTitle } from '../../../src/polls/text.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { ownerOf } from '../request/caller.ts';

/** `Apps → Select poll` on a poll's message: selects the poll, or takes it off the selection. */
export function selectPollCommand(services: BulkServices): ContextCommand {
  return {
    definition: { type: ApplicationCommandType.Message, name: 'Select poll' },
    acknowledge: 'private',
    run: async ({ interaction, caller }) => {
      const owner = ownerOf(caller);
      const poll = await findPollOfMessage(services.db, owner.scope, interaction.targetId);
      if (poll === null) {
        throw new UserError(
          'This is not, or no longer, the message of a poll, so nothing was changed. Use *Select poll* on the message that a poll is voted on.',
        );
      }
      if (poll.deletedAt !== null) {
        throw new UserError(
          `Poll ${pollTitle(poll)} was deleted, so it cannot be selected. Nothing was changed.`,
        );
      }
      const { interactionId } = caller;
      const { selection } = await changeSelection(
        services.db,
        owner,
        { interactionId, maxPolls: services.planLimits.maxPolls, now: services.clock.now() },
        ({ ids }) => (ids.includes(poll.id) ? { remove: [poll.id] } : { add: [poll.id] }),
      );
      const what = selection.ids.includes(poll.id) ? 'is selected now' : 'is not selected any more';
      const lines = [`Poll ${pollTitle(poll)} ${what}. **${selectedText(selection)}**`, goneText(selection)];
      return { content: lines.filter((line) => line !== null).join('\n') };
    },
  };
}
