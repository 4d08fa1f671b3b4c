import type { Db } from '../../db/schema.ts';
import type { Trx } from '../../db/transaction.ts';
import type { OperationRow, OperationState } from '../operation.ts';

/** Another process has taken the operation over. Whatever this one still does about it must not count. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  constructor(operationId: number) {
    super(`operation ${operationId} now belongs to another process`);
  }
}

/** What a process knows of an operation that it owns. Every write of the runner carries it. */
export interface Lease {
  readonly operationId: number;
  readonly fence: number;
}

/**
 * Locks the operation's row in this transaction, and proves that it still belongs to the holder. Every write of the
 * runner begins with it. Throws `LeaseLostError`.
 */
export async function lockOperation(trx: Trx, lease: Lease): Promise<OperationRow> {
  const operation = await trx
    .selectFrom('operations')
    .selectAll()
    .where('id', '=', lease.operationId)
    .where('fence', '=', lease.fence)
    .forUpdate()
    .executeTakeFirst();
  if (!operation) throw new LeaseLostError(lease.operationId);
  return operation;
}

/** The operation's state now, without a lock. Throws `LeaseLostError`. */
export async function stateOf(db: Db, lease: Lease): Promise<OperationState> {
  const row = await db
    .selectFrom('operations')
    .select('state')
    .where('id', '=', lease.operationId)
    .where('fence', '=', lease.fence)
    .executeTakeFirst();
  if (!row) throw new LeaseLostError(lease.operationId);
  return row.state;
}
