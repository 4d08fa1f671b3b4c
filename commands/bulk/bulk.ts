import {
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { MessageBody } from '../../src/base/message-body.ts';
import type { SlashCommand } from '../../src/bot/handlers.ts';
import { operationKinds } from '../../src/bulk/kinds/operation-kinds.ts';
import { operationSubcommands } from './operation/operation-subcommands.ts';
import { previewOperation } from './plan/preview.ts';
import { startFailedAgain } from './plan/retry.ts';
import type { BulkServices } from './request/bulk-services.ts';
import { bulkChoices } from './request/choices.ts';
import { targetOptions } from './request/target-options.ts';
import { selectSubcommand } from './selection/select.ts';
import { runSelection, selectionDefinition } from './selection/selection.ts';

/**
 * `/bulk`: one subcommand an operation kind, then those about operations. It sets no `default_member_permissions`, which
 * would hide it from super admins; every use is checked on the server side.
 */
export function bulkCommand(services: BulkServices): SlashCommand {
  const about = [selectSubcommand(services), ...operationSubcommands(services)];
  return {
    definition: {
      type: ApplicationCommandType.ChatInput,
      name: 'bulk',
      description: 'Act on many polls at once: select, preview, confirm, watch, retry',
      contexts: [InteractionContextType.Guild],
      integration_types: [ApplicationIntegrationType.GuildInstall],
      options: [
        ...operationKinds.map(kindSubcommand),
        selectionDefinition,
        ...about.map((subcommand) => subcommand.definition),
      ],
    },
    run: (interaction, caller): Promise<MessageBody> =>
      services.turns.run(caller, async () => {
        if (interaction.options.getSubcommandGroup(false) === selectionDefinition.name) {
          return await runSelection(services, interaction, caller);
        }
        const name = interaction.options.getSubcommand();
        const subcommand = about.find(({ definition }) => definition.name === name);
        if (subcommand) return await subcommand.run(interaction, caller);
        return await previewOperation(services, interaction, caller);
      }),
    complete: (interaction, caller) =>
      services.turns.run(caller, () => bulkChoices(services, interaction, caller)),
    self: {
      retry: (interaction, caller, respond) =>
        startFailedAgain(
          services,
          interaction.options.getInteger('operation', true),
          interaction,
          caller,
          respond,
        ),
    },
  };
}

function kindSubcommand(kind: (typeof operationKinds)[number]): APIApplicationCommandSubcommandOption {
  return {
    type: ApplicationCommandOptionType.Subcommand,
    name: kind.name,
    description: kind.description,
    // Discord wants what is required first.
    options: [
      ...kind.options.filter((option) => option.required),
      ...targetOptions,
      ...kind.options.filter((option) => !option.required),
      {
        type: ApplicationCommandOptionType.String,
        name: 'reason',
        description: 'Why, for the progress message and the audit',
        max_length: 300,
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        description: 'Show the progress only to you (below 10 minutes)',
      },
    ],
  };
}
