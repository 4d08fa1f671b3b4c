import type { ChatInputCommandInteraction } from 'discord.js';
import { UserError } from '../../../src/base/errors.ts';
import type { Invocation, PressInteraction } from '../../../src/bot/handlers.ts';
import type { OperationKind } from '../../../src/bulk/kinds/operation-kind.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { operationLimits } from '../../../src/bulk/operation-limits.ts';
import type { PlanRequest } from '../../../src/bulk/plan/plan.ts';
import { cleanLine } from '../../../src/polls/text.ts';
import { pingRole } from '../../poll/check-ping-role.ts';
import type { BulkServices } from './bulk-services.ts';
import { askingOf, requireAdmin } from './caller.ts';
import { readOptionsModal } from './options-modal.ts';
import { pingRoleGuard } from './ping-role-guard.ts';
import { readTargets } from './read-targets.ts';
import { selectedTargets } from './selected-targets.ts';

/** What asks for an operation: a subcommand, a button of the toolbar, or the modal behind one. */
export type RequestInteraction = ChatInputCommandInteraction | PressInteraction;

/**
 * Reads which polls an interaction asks to plan `kind` for, and how. Without a target option, as in the toolbar, that is
 * the saved selection. Throws `UserError` for what cannot be meant, and if the caller is not an admin.
 */
export async function readRequest(
  services: BulkServices,
  { interaction, caller }: Invocation<RequestInteraction>,
  kind: OperationKind,
): Promise<PlanRequest> {
  const scope = requireAdmin(caller);
  const now = services.clock.now();
  const { maxPolls } = services.planLimits;
  const written = interaction.isChatInputCommand()
    ? readTargets(interaction, { ...services, scope, now, maxPolls })
    : null;
  const { values, reason } = writtenOptions(interaction, kind);
  const params = readParams(kind, values, now);
  return {
    ...askingOf({ interaction, caller }),
    kind,
    params,
    ...(written && Object.keys(written.targets).length > 0
      ? written
      : await selectedTargets(services, caller)),
    forbids: pingRoleGuard(interaction, chosenPingRole(interaction, values)),
    reason: checkReason(reason),
    private: (interaction.isChatInputCommand() && interaction.options.getBoolean('private')) ?? false,
  };
}

/** The values of the kind's own options, by name, and the reason. */
function writtenOptions(
  interaction: RequestInteraction,
  kind: OperationKind,
): { readonly values: Readonly<Record<string, unknown>>; readonly reason: string | null } {
  if (interaction.isModalSubmit()) return readOptionsModal(kind, interaction.fields);
  if (!interaction.isChatInputCommand()) return { values: {}, reason: null };
  const { options } = interaction;
  const given = kind.options.map(({ name }) => [name, options.get(name)?.value]);
  return {
    values: Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    reason: options.getString('reason'),
  };
}

function chosenPingRole(
  interaction: RequestInteraction,
  { ping_role: id }: Readonly<Record<string, unknown>>,
) {
  if (typeof id !== 'string') return null;
  const resolved = interaction.isChatInputCommand() ? interaction.options.getRole('ping_role') : null;
  return pingRole(interaction, id, resolved);
}

/** The reason in one line; null if there is none. Throws `UserError` if it is too long. */
function checkReason(reason: string | null): string | null {
  if (reason === null) return null;
  if (reason.length > operationLimits.reason) {
    throw new UserError(
      `\`reason\` is ${reason.length} characters long; at most ${operationLimits.reason} are kept. Nothing was changed.`,
    );
  }
  return cleanLine(reason) || null;
}
