import type { SlashCommand } from '../../src/bot/handlers.ts';
import { closeCommand } from './close.ts';
import { createCommand } from './create.ts';
import { pollDefinition } from './definition.ts';
import { listCommand } from './list.ts';
import type { PollServices } from './services.ts';
import { showCommand } from './show.ts';

/** `/poll create|show|list|close` */
export function pollCommand(services: PollServices): SlashCommand {
  return {
    definition: pollDefinition,
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
