import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { PressHandler } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import { type ToolbarKind, toolbarKinds } from '../../../src/bulk/kinds/operation-kinds.ts';
import { previewOperation } from '../plan/preview.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { optionsModal } from '../request/options-modal.ts';
import { selectedTargets } from '../request/selected-targets.ts';

/**
 * The operations under the picker. Each leads to the preview of the saved selection; if it has options, through a
 * modal.
 */
export function toolbarPresses(services: BulkServices): PressHandler[] {
  return [
    onPress(customIds.selected, {
      acknowledge: 'private',
      run: (press, { kind }) => previewOperation(services, press, toolbarKind(kind)),
    }),
    onPress(customIds.ask, {
      acknowledge: 'self',
      run: async ({ caller, respond }, { kind: name }) => {
        const kind = toolbarKind(name);
        const { targets } = await selectedTargets(services, caller);
        const id = customIds.asked.encode({ kind: kind.name });
        await respond.modal(optionsModal(kind, id, `${kind.toolbar}: ${targets.selection}`));
      },
    }),
    onPress(customIds.asked, {
      acknowledge: 'private',
      run: (press, { kind: name }) => {
        const kind = toolbarKind(name);
        if (!press.interaction.isModalSubmit()) throw noLonger();
        return previewOperation(services, press, kind);
      },
    }),
  ];
}

function toolbarKind(name: string): ToolbarKind {
  const kind = toolbarKinds.find((one) => one.name === name);
  if (kind) return kind;
  throw noLonger();
}

function noLonger(): UserError {
  return new UserError('This button no longer works. Open another picker with `/bulk select`.');
}
