import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { latestOperation } from '../../../src/bulk/operation-store.ts';
import { renderProgress } from '../../../src/bulk/progress/progress-embed.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { audienceWithin, requireAdmin } from '../request/caller.ts';
import { knownOperation } from '../request/known-operation.ts';
import { operationOption } from '../request/operation-option.ts';

/** `/bulk progress` */
export function progressSubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition(
      'progress',
      'Where an operation stands (default: your latest, else the latest of all)',
      operationOption('optional'),
    ),
    acknowledge: 'private',
    run: ({ interaction, caller }) => progress(services, interaction.options.getInteger('operation'), caller),
  };
}

async function progress(services: BulkServices, id: number | null, caller: Caller): Promise<MessageBody> {
  const scope = requireAdmin(caller);
  const operation =
    id === null
      ? await latestOperation(services.db, scope, caller.userId)
      : await knownOperation(services, id, caller);
  if (!operation) throw new UserError('No operation has been started yet. Begin with `/bulk close`.');
  const rows = await readProgress(services.db, operation.id, services.clock.now());
  return renderProgress(rows, services.names, audienceWithin(scope), services.clock.now());
}
