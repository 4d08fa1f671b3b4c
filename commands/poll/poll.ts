import type { SlashCommand } from '../../src/bot/handlers.ts';
import { oneServer } from '../../src/polls/scope.ts';
import { closeCommand } from './close.ts';
import { createCommand } from './create.ts';
import { pollDefinition } from './definition.ts';
import { listCommand } from './list.ts';
import { pollChoices, zoneChoices } from './poll-choices.ts';
import type { PollServices } from './services.ts';
import { showCommand } from './show.ts';
import { visibleChannelIds } from './visible-channels.ts';

/** `/poll create|show|list|close` */
export function pollCommand(services: PollServices): SlashCommand {
  return {
    definition: pollDefinition,
    complete: async (interaction, caller) => {
      const { name, value } = interaction.options.getFocused(true);
      if (name === 'timezone') return zoneChoices(value);
      const among =
        caller.scope === null
          ? { scope: oneServer(caller.guildId), channelIds: visibleChannelIds(interaction) }
          : { scope: caller.scope };
      return await pollChoices(services.db, among, String(value));
    },
    run: async (interaction, caller) => {
      const subcommand = interaction.options.getSubcommand();
      switch (subcommand) {
        case 'create':
          return await createCommand(services, interaction, caller);
        case 'show':
          return await showCommand(services, interaction, caller);
        case 'list':
          return await listCommand(services, interaction, caller);
        case 'close':
          return await closeCommand(services, interaction, caller);
        default:
          throw new Error(`/poll has no ${subcommand}`);
      }
    },
  };
}
