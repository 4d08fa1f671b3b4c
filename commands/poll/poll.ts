import type { SlashCommand } from '../../src/bot/handlers.ts';
import { slashCommand } from '../../src/bot/slash-command.ts';
import { oneServer } from '../../src/polls/scope.ts';
import { closeSubcommand } from './close.ts';
import { createSubcommand } from './create.ts';
import { listSubcommand } from './list.ts';
import { pollChoices, zoneChoices } from './poll-choices.ts';
import type { PollServices } from './poll-services.ts';
import { showSubcommand } from './show.ts';
import { visibleChannelIds } from './visible-channels.ts';

/**
 * `/poll create|show|list|close`. It has no default permissions: `show` and `list` are for everybody, and the others check
 * for themselves.
 */
export function pollCommand(services: PollServices): SlashCommand {
  return slashCommand(
    { name: 'poll', description: 'Create, show, list and close polls' },
    [
      createSubcommand(services),
      showSubcommand(services),
      listSubcommand(services),
      closeSubcommand(services),
    ],
    async (interaction, caller) => {
      const { name, value } = interaction.options.getFocused(true);
      if (name === 'timezone') return zoneChoices(value);
      const among =
        caller.scope === null
          ? { scope: oneServer(caller.serverId), channelIds: visibleChannelIds(interaction) }
          : { scope: caller.scope };
      return await pollChoices(services.db, among, String(value));
    },
  );
}
