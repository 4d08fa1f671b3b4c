import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import { counted } from '../../../src/base/display/plural.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import type { PressHandler } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { readReport, reportCsv, reportJson } from '../../../src/bulk/insight/report.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { oneOf } from '../request/checked-options.ts';
import { knownOperation } from '../request/known-operation.ts';
import { operationIn, operationOption } from '../request/operation-option.ts';

const formats = ['csv', 'json'] as const;

/** `/bulk report` */
export function reportSubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition('report', 'A file with one row a poll', operationOption('required'), {
      type: ApplicationCommandOptionType.String,
      name: 'format',
      description: 'The kind of file (default: csv)',
      choices: formats.map((value) => ({ name: value, value })),
    }),
    acknowledge: 'private',
    run: ({ interaction, caller }) => {
      const format = oneOf(interaction.options, 'format', formats) ?? 'csv';
      return report(services, caller, operationIn(interaction), format);
    },
  };
}

/** `Report` */
export function reportPress(services: BulkServices): PressHandler {
  return onPress(customIds.report, {
    acknowledge: 'private',
    run: ({ caller }, { operation }) => report(services, caller, operation, 'csv'),
  });
}

async function report(
  services: BulkServices,
  caller: Caller,
  id: number,
  format: (typeof formats)[number],
): Promise<MessageBody> {
  const operation = await knownOperation(services, id, caller);
  const rows = await readReport(services.db, operation, services.names);
  const file = format === 'json' ? reportJson(operation, rows) : reportCsv(operation, rows);
  return {
    content: `Report of Operation #${operation.id} (${operation.state}): ${counted(rows.length, 'poll')}.`,
    files: [file],
  };
}
