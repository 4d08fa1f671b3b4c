import type { PressHandler, SlashCommand } from '../src/bot/handlers.ts';
import { closeCommand } from './poll/close.ts';
import { createCommand } from './poll/create.ts';
import { pollDefinition } from './poll/definition.ts';
import { listCommand, listPress } from './poll/list.ts';
import type { PollServices } from './poll/services.ts';
import { showCommand } from './poll/show.ts';
import { votePress } from './poll/vote-press.ts';

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

/** The buttons of polls and of `/poll list`. */
export function pollPresses(services: PollServices): PressHandler[] {
  return [votePress(services), listPress(services)];
}
