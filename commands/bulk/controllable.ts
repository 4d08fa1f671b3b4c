import type { Caller } from '../../src/bot/handlers.ts';
import { mayControl } from '../../src/bulk/control.ts';
import type { OperationRow } from '../../src/bulk/operation.ts';
import { findOperation } from '../../src/bulk/operation-store.ts';
import { UserError } from '../../src/errors.ts';
import { everyServer } from '../../src/polls/scope.ts';
import type { BulkServices } from './bulk-services.ts';
import { requireAdmin } from './caller.ts';

/** An operation the caller may see. Throws `UserError`: a foreign one is “not found”, like one that never was. */
export async function visible(services: BulkServices, id: number, caller: Caller): Promise<OperationRow> {
  const operation = Number.isSafeInteger(id)
    ? await findOperation(services.db, requireAdmin(caller), id)
    : null;
  if (!operation || operation.confirmed_at === null) throw notFound(id);
  return operation;
}

/**
 * An operation the caller may pause, resume, cancel or retry: a server admin also one that was started for all servers,
 * where it touches only polls of theirs. Throws `UserError`.
 */
export async function controllable(
  services: BulkServices,
  id: number,
  caller: Caller,
): Promise<OperationRow> {
  const scope = requireAdmin(caller);
  const operation = Number.isSafeInteger(id) ? await findOperation(services.db, everyServer, id) : null;
  if (!operation || operation.confirmed_at === null) throw notFound(id);
  if (await mayControl(services.db, operation, caller.userId, scope)) return operation;
  throw notFound(id);
}

function notFound(id: number): UserError {
  const name = Number.isSafeInteger(id) ? ` #${id}` : '';
  return new UserError(
    `Operation${name} was not found. Choose one from the list that \`operation\` suggests.`,
  );
}
