import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord-api-types/v10';
import type { SlashCommand } from '../../src/bot/handlers.ts';
import { inTurn } from '../../src/bot/in-turn.ts';
import { slashCommand } from '../../src/bot/slash-command.ts';
import { operationKinds } from '../../src/bulk/kinds/operation-kinds.ts';
import { bulkChoices } from './bulk-choices.ts';
import { auditSubcommand } from './operation/audit.ts';
import { cancelSubcommand } from './operation/control.ts';
import { historySubcommand } from './operation/history.ts';
import { progressSubcommand } from './operation/progress.ts';
import { reportSubcommand } from './operation/report.ts';
import { statsSubcommand } from './operation/stats.ts';
import { kindSubcommand } from './plan/kind-subcommand.ts';
import { retrySubcommand } from './plan/retry.ts';
import { undoSubcommand } from './plan/undo.ts';
import type { BulkServices } from './request/bulk-services.ts';
import { selectSubcommand } from './selection/select.ts';
import { selectionGroup } from './selection/selection.ts';

/**
 * `/bulk`: one subcommand for each kind of operation, then those about operations. It sets no
 * `default_member_permissions`, which would hide it from super admins. Every use is checked on the server side.
 */
export function bulkCommand(services: BulkServices): SlashCommand {
  const command = {
    type: ApplicationCommandType.ChatInput,
    name: 'bulk',
    description: 'Act on many polls at once: select, preview, confirm, watch, retry',
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
  } satisfies Parameters<typeof slashCommand>[0];
  const parts = [
    ...operationKinds.map((kind) => kindSubcommand(services, kind)),
    selectionGroup(services),
    selectSubcommand(services),
    progressSubcommand(services),
    cancelSubcommand(services),
    retrySubcommand(services),
    undoSubcommand(services),
    reportSubcommand(services),
    historySubcommand(services),
    statsSubcommand(services),
    auditSubcommand(services),
  ];
  return inTurn(
    services.turns,
    slashCommand(command, parts, (interaction, caller) => bulkChoices(services, interaction, caller)),
  );
}
