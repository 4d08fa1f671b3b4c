import { discordLimits } from '../../base/display/discord-limits.ts';
import type { OperationRow } from '../operation.ts';
import { close } from './close.ts';
import { deletePolls } from './delete.ts';
import { exportPolls } from './export.ts';
import type { BoundKind, OperationKind } from './operation-kind.ts';
import { reopen } from './reopen.ts';
import { settings } from './settings.ts';
import { status } from './status.ts';
import { undo } from './undo.ts';

/** Every kind of bulk operation that has a subcommand of its own, in the order in which people see them. */
export const operationKinds: readonly OperationKind[] = [
  close,
  deletePolls,
  reopen,
  status,
  settings,
  exportPolls,
];

/** A kind with a button under the picker. */
export type ToolbarKind = OperationKind & { readonly toolbar: string };

/** The kinds with a button under the picker: at most five. */
export const toolbarKinds = inToolbar(operationKinds);

/** The kinds that have a button. Throws if they are more than fit into one row of a message. */
export function inToolbar(kinds: readonly OperationKind[]): readonly ToolbarKind[] {
  const shown = kinds.filter((kind): kind is ToolbarKind => kind.toolbar !== null);
  if (shown.length <= discordLimits.buttonsPerRow) return shown;
  throw new Error(
    `The picker's toolbar has room for ${discordLimits.buttonsPerRow} kinds, not ${shown.length}: ${shown.map(({ name }) => name).join(', ')}`,
  );
}

/** The kind with this name. Throws if a newer version of this program stored the operation. */
export function operationKind(name: string): OperationKind {
  const kind = [...operationKinds, undo].find((candidate) => candidate.name === name);
  if (!kind) throw new Error(`no operation kind is called ${JSON.stringify(name)}`);
  return kind;
}

/** The kind of an operation with its parameters. */
export function boundKind({ kind, params }: Pick<OperationRow, 'kind' | 'params'>): BoundKind {
  return operationKind(kind).bind(params);
}
