import { UserError } from '../../../src/base/errors.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import { mayControl } from '../../../src/bulk/lifecycle/control.ts';
import type { OperationRow } from '../../../src/bulk/operation.ts';
import { findOperation } from '../../../src/bulk/operation-store.ts';
import { isRowId } from '../../../src/db/row-id.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import type { BulkServices } from './bulk-services.ts';
import { requireAdmin } from './caller.ts';

/**
 * A confirmed operation that the caller may see and act on. Throws `UserError`: a foreign one is “not found”, like
 * one that never existed.
 */
export async function knownOperation(
  services: BulkServices,
  id: number,
  caller: Caller,
): Promise<OperationRow> {
  const scope = requireAdmin(caller);
  const operation = isRowId(id) ? await findOperation(services.db, everyServer, id) : null;
  if (operation?.confirmed_at && (await mayControl(services.db, operation, scope))) return operation;
  const name = Number.isSafeInteger(id) ? ` #${id}` : '';
  throw new UserError(
    `Operation${name} was not found. Choose one from the list that \`operation\` suggests.`,
  );
}
