import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller, PressHandler, PressInteraction } from '../../../src/bot/handlers.ts';
import type { OperationKind } from '../../../src/bulk/kinds/operation-kind.ts';
import { type ToolbarKind, toolbarKinds } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { pingRole } from '../../poll/check-ping-role.ts';
import { pingRoleGuard } from '../plan/ping-role-guard.ts';
import { checkReason, planAndShow, selectedTargets } from '../plan/preview.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { optionsModal, readOptionsModal } from './options-modal.ts';

/** The operations under the picker: each leads to the preview of the saved selection, by a modal where it has options. */
export function toolbarPresses(services: BulkServices): PressHandler[] {
  return [
    {
      action: 'selected',
      acknowledge: 'private',
      run: (interaction, [name], caller) => preview(services, interaction, caller, kindOf(name), {}, null),
    },
    {
      action: 'ask',
      acknowledge: 'self',
      run: async (_interaction, [name], caller, respond) => {
        const kind = kindOf(name);
        const { targets } = await selectedTargets(services, caller);
        const title = `${kind.toolbar}: ${targets.selection}`;
        await respond.modal(optionsModal(kind, `asked:${kind.name}`, title));
      },
    },
    {
      action: 'asked',
      acknowledge: 'private',
      run: (interaction, [name], caller) => {
        const kind = kindOf(name);
        if (!interaction.isModalSubmit()) throw noLonger();
        const { values, reason } = readOptionsModal(kind, interaction.fields);
        return preview(services, interaction, caller, kind, values, reason);
      },
    },
  ];
}

async function preview(
  services: BulkServices,
  interaction: PressInteraction,
  caller: Caller,
  kind: OperationKind,
  values: Readonly<Record<string, unknown>>,
  reason: string | null,
): Promise<MessageBody> {
  const targets = await selectedTargets(services, caller);
  const role = typeof values.ping_role === 'string' ? pingRole(interaction, values.ping_role) : null;
  return await planAndShow(services, interaction, caller, {
    kind,
    params: readParams(kind, values, services.clock.now()),
    ...targets,
    forbids: pingRoleGuard(interaction, role),
    reason: checkReason(reason),
    private: false,
  });
}

function kindOf(name: string | undefined): ToolbarKind {
  const kind = toolbarKinds.find((one) => one.name === name);
  if (kind) return kind;
  throw noLonger();
}

function noLonger(): UserError {
  return new UserError('This button no longer works. Open another picker with `/bulk select`.');
}
