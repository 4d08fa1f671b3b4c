import { sql } from 'kysely';
import { UserError } from '../../base/errors.ts';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import type { BulkDeletes } from '../../delivery/pace/bulk-delete-choice.ts';
import { estimate } from '../../delivery/pace/estimate.ts';
import { loadPolls } from '../../polls/poll-store.ts';
import { everyServer } from '../../polls/scope.ts';
import { appendAudit } from '../audit/audit.ts';
import { requestFacts } from '../audit/audit-facts.ts';
import { operationKind } from '../kinds/operation-kinds.ts';
import { leaseSeconds } from '../lifecycle/lease.ts';
import { isResult, type OperationRow } from '../operation.ts';
import type { Actor } from './confirm.ts';

export interface RetryRequest {
  readonly actor: Actor;
  readonly serverId: string;
  readonly channelId: string;
  readonly locale: string;
  readonly processId: string;
  /** Where many messages may be deleted at once. */
  readonly bulkDeletes?: BulkDeletes | undefined;
}

/**
 * Starts a new operation over exactly the failed polls of an ended one, without a new preview. Its items remember
 * what the first one committed, so a retry only brings messages up to date. Null if this very interaction has already
 * started it. Throws `UserError` if there is nothing to retry or a retry exists.
 */
export async function startRetry(
  db: Db,
  original: OperationRow,
  request: RetryRequest,
  now: Date,
): Promise<OperationRow | null> {
  return await inTransaction(db, async (trx, repeated) => {
    await trx.selectFrom('operations').select('id').where('id', '=', original.id).forUpdate().execute();
    const { actor } = request;
    const again = await existingRetry(trx, original.id);
    if (again?.confirmed_interaction_id === actor.interactionId) {
      // It is of a commit whose answer was lost, not of another process.
      return repeated && again.owner === request.processId ? again : null;
    }
    if (!isResult(original.state)) {
      throw new UserError(
        `Operation #${original.id} has not ended yet. Wait for its result, then retry what failed.`,
      );
    }
    if (again) {
      throw new UserError(
        `Operation #${original.id} was already retried by Operation #${again.id}. See \`/bulk progress operation:${again.id}\`, and retry that one if it has failures.`,
      );
    }
    const failed = await failedPolls(trx, original.id);
    if (failed.length === 0)
      throw new UserError(`Nothing failed in Operation #${original.id}: there is nothing to retry.`);
    const polls = [...(await loadPolls(trx, everyServer, failed)).values()];
    const operation = await trx
      .insertInto('operations')
      .values({
        kind: original.kind,
        state: 'queued',
        admin_id: actor.userId,
        scope_guild_id: original.scope_guild_id,
        guild_id: request.serverId,
        channel_id: request.channelId,
        interaction_id: actor.interactionId,
        locale: request.locale,
        params: sql`${JSON.stringify(original.params)}::jsonb`,
        targets: sql`${JSON.stringify({ retry_of: original.id })}::jsonb`,
        reason: original.reason,
        private: original.private,
        retry_of: original.id,
        undo_of: original.undo_of,
        total: failed.length,
        estimate_ms: Math.round(
          estimate(polls, now, {
            kind: operationKind(original.kind).delivery,
            bulkDeletes: request.bulkDeletes,
          }).expectedMs,
        ),
        created_at: now,
        confirmed_at: now,
        confirmed_interaction_id: actor.interactionId,
        progress_token: actor.token,
        progress_token_expires_at: actor.tokenExpiresAt,
        owner: request.processId,
        lease_until: sql`now() + make_interval(secs => ${leaseSeconds})`,
        fence: 1,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await sql`
      insert into operation_items
        (operation_id, poll_id, position, state, before, after, target_revision)
      select ${operation.id}, poll_id, position, 'planned', before, after, target_revision
      from operation_items where operation_id = ${original.id} and state = 'failed'`.execute(trx);
    await appendAudit(trx, now, {
      operationId: operation.id,
      actorId: actor.userId,
      process: request.processId,
      event: 'confirmed',
      details: await requestFacts(trx, operation),
    });
    return operation;
  });
}

async function failedPolls(trx: Trx, operationId: number): Promise<number[]> {
  const rows = await trx
    .selectFrom('operation_items')
    .select('poll_id')
    .where('operation_id', '=', operationId)
    .where('state', '=', 'failed')
    .execute();
  return rows.map((row) => row.poll_id);
}

/** An earlier retry. One that was cancelled or aborted does not stand in the way of another. */
async function existingRetry(trx: Trx, id: number): Promise<OperationRow | undefined> {
  return await trx
    .selectFrom('operations')
    .selectAll()
    .where('retry_of', '=', id)
    .where('state', 'not in', ['cancelled', 'failed'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
