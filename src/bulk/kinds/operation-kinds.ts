import { close } from './close.ts';
import { deletePolls } from './delete.ts';
import { exportPolls } from './export.ts';
import type { OperationKind } from './operation-kind.ts';
import { reopen } from './reopen.ts';
import { settings } from './settings.ts';
import { status } from './status.ts';
import { undo } from './undo.ts';

/** Every kind of bulk operation with a subcommand of its own, in the order in which people see them. */
export const operationKinds: readonly OperationKind[] = [
  close,
  deletePolls,
  reopen,
  status,
  settings,
  exportPolls,
].map((kind) => kind as unknown as OperationKind);

/** The kind with this name. Throws where an operation was stored by a newer version of this program. */
export function operationKind(name: string): OperationKind {
  const kind = [...operationKinds, undo as unknown as OperationKind].find(
    (candidate) => candidate.name === name,
  );
  if (!kind) throw new Error(`no operation kind is called ${JSON.stringify(name)}`);
  return kind;
}
