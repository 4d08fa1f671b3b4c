import type { Db } from '../../db/schema.ts';
import type { OperationRow, OperationState } from '../operation.ts';

/** Another process has taken the operation over: whatever this one still does about it must not count. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  constructor(operationId: number) {
    super(`operation ${operationId} now belongs to another process`);
  }
}

/** What a process knows of an operation it owns; every write of the runner carries it. */
export interface Hold {
  readonly operationId: number;
  readonly fence: number;
}

/**
 * Locks the operation's row in this transaction and proves that it still belongs to the holder. Every write of the
 * runner starts with it. Throws `LeaseLostError`.
 */
export async function holdFence(db: Db, hold: Hold): Promise<OperationRow> {
  const operation = await db
    .selectFrom('operations')
    .selectAll()
    .where('id', '=', hold.operationId)
    .where('fence', '=', hold.fence)
    .forUpdate()
    .executeTakeFirst();
  if (!operation) throw new LeaseLostError(hold.operationId);
  return operation;
}

/** The state the operation is in now, without a lock. Throws `LeaseLostError`. */
export async function stateOf(db: Db, hold: Hold): Promise<OperationState> {
  const row = await db
    .selectFrom('operations')
    .select('state')
    .where('id', '=', hold.operationId)
    .where('fence', '=', hold.fence)
    .executeTakeFirst();
  if (!row) throw new LeaseLostError(hold.operationId);
  return row.state;
}
