import type { Selectable } from 'kysely';
import type { AuditTable, Db } from '../../db/schema.ts';
import type { Scope } from '../../polls/scope.ts';
import { leftOutStates } from '../operation-store.ts';

export type AuditRow = Selectable<AuditTable>;

/** What `requestFacts` wrote, read back. Every field may be missing if somebody tampered with the row. */
export interface RequestFacts {
  readonly kind?: string;
  readonly params?: Record<string, unknown>;
  readonly targets?: Record<string, unknown>;
  readonly reason?: string | null;
  readonly scope?: string | null;
  readonly server?: string;
  readonly channel?: string;
  readonly locale?: string;
  readonly command?: string;
  readonly interaction?: string;
  readonly retryOf?: number;
  readonly undoOf?: number;
  readonly polls?: readonly number[];
  readonly servers?: readonly string[];
}

/** All that the trail says of a confirmed operation, oldest first, even long after the operation itself was purged. */
export interface AuditRecord {
  readonly operationId: number;
  readonly confirmation: AuditRow;
  readonly facts: RequestFacts;
  readonly entries: readonly AuditRow[];
}

/** Null if no operation of this number was ever confirmed. */
export async function readAudit(db: Db, operationId: number): Promise<AuditRecord | null> {
  const entries = await db
    .selectFrom('audit')
    .selectAll()
    .where('operation_id', '=', operationId)
    .orderBy('id')
    .execute();
  const confirmation = entries.find((entry) => entry.event === 'confirmed');
  return confirmation ? { operationId, confirmation, facts: confirmation.details, entries } : null;
}

/**
 * Whether an admin with this scope may read it. The rule is that of `mayControl`, applied to what the trail itself
 * says.
 */
export function mayReadAudit({ facts }: AuditRecord, scope: Scope): boolean {
  if (scope.all || facts.scope === scope.serverId) return true;
  return facts.scope === null && facts.servers?.length === 1 && facts.servers[0] === scope.serverId;
}

/** One poll of the operation, as its item tells while it is kept. */
export type AuditedPoll = Awaited<ReturnType<typeof readAuditedPolls>>[number];

export async function readAuditedPolls(db: Db, operationId: number) {
  return await db
    .selectFrom('operation_items')
    .select([
      'poll_id as number',
      'state',
      'code',
      'message',
      'remark',
      'attempts',
      'first_attempt_at as firstAttemptAt',
      'finished_at as finishedAt',
      'before',
      'after',
    ])
    .where('operation_id', '=', operationId)
    .where('state', 'not in', leftOutStates)
    .orderBy('poll_id')
    .execute();
}
