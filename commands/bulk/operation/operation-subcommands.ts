import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { counted } from '../../../src/base/display/plural.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import { undoableHours } from '../../../src/base/undo-window.ts';
import type { Caller, PressHandler } from '../../../src/bot/handlers.ts';
import { readReport, reportCsv, reportJson } from '../../../src/bulk/insight/report.ts';
import { latestOperation } from '../../../src/bulk/operation-store.ts';
import { renderProgress } from '../../../src/bulk/progress/progress-embed.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import { previewUndo } from '../plan/undo.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { requireAdmin } from '../request/caller.ts';
import { oneOf } from '../request/checked-options.ts';
import { knownOperation } from '../request/known-operation.ts';
import { type OperationSubcommand, operationOption, subcommand } from '../request/subcommand.ts';
import { auditSubcommand } from './audit.ts';
import { cancel } from './control.ts';
import { historySubcommand } from './history.ts';
import { statsSubcommand } from './stats.ts';

const reportFormats = ['csv', 'json'] as const;

/** The subcommands that are about operations and start none of their own kind. */
export function operationSubcommands(services: BulkServices): OperationSubcommand[] {
  return [
    {
      definition: subcommand(
        'progress',
        'Where an operation stands (default: your latest, else the latest of all)',
        operationOption(false),
      ),
      run: (interaction, caller) => progress(services, interaction.options.getInteger('operation'), caller),
    },
    {
      definition: subcommand(
        'cancel',
        'Stop an operation and put back what no message shows yet',
        operationOption(true),
      ),
      run: (interaction, caller) =>
        cancel(services, interaction.options.getInteger('operation', true), caller),
    },
    {
      definition: subcommand('retry', "Try an operation's failed polls again", operationOption(true)),
      run: () => Promise.reject(new Error('retry responds by itself')),
    },
    {
      definition: subcommand(
        'undo',
        `Put an operation's polls back to what they were, within ${undoableHours} hours`,
        operationOption(true),
      ),
      run: (interaction, caller) =>
        previewUndo(services, interaction.options.getInteger('operation', true), interaction, caller),
    },
    {
      definition: subcommand('report', 'A file with one row a poll', operationOption(true), {
        type: ApplicationCommandOptionType.String,
        name: 'format',
        description: 'The kind of file (default: csv)',
        choices: reportFormats.map((value) => ({ name: value, value })),
      }),
      run: ({ options }, caller) =>
        report(
          services,
          options.getInteger('operation', true),
          oneOf(options, 'format', reportFormats) ?? 'csv',
          caller,
        ),
    },
    historySubcommand(services),
    statsSubcommand(services),
    auditSubcommand(services),
  ];
}

export function reportPress(services: BulkServices): PressHandler {
  return {
    action: 'report',
    acknowledge: 'private',
    run: (_interaction, [id], caller) => report(services, Number(id), 'csv', caller),
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
  const audience = { guildId: scope.all ? null : scope.guildId };
  return renderProgress(rows, services.names, audience, services.clock.now());
}

async function report(
  services: BulkServices,
  id: number,
  format: (typeof reportFormats)[number],
  caller: Caller,
): Promise<MessageBody> {
  const operation = await knownOperation(services, id, caller);
  const rows = await readReport(services.db, operation, services.names);
  const file = format === 'json' ? reportJson(operation, rows) : reportCsv(operation, rows);
  return {
    content: `Report of Operation #${operation.id} (${operation.state}): ${counted(rows.length, 'poll')}.`,
    files: [file],
  };
}
