import {
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
} from 'discord-api-types/v10';
import type { Subcommand } from '../../../src/bot/slash-command.ts';
import type { OperationKind } from '../../../src/bulk/kinds/operation-kind.ts';
import { operationLimits } from '../../../src/bulk/operation-limits.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { targetOptions } from '../request/target-options.ts';
import { previewOperation } from './preview.ts';

/** `/bulk close` and its like: the subcommand of a kind of operation. */
export function kindSubcommand(services: BulkServices, kind: OperationKind): Subcommand {
  return {
    definition: kindDefinition(kind),
    acknowledge: 'private',
    run: (invocation) => previewOperation(services, invocation, kind),
  };
}

function kindDefinition(kind: OperationKind): APIApplicationCommandSubcommandOption {
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
        max_length: operationLimits.reason,
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        description: `Show the progress only to you (below ${operationLimits.privateMinutes} minutes)`,
      },
    ],
  };
}
