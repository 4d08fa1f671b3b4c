import { sql } from 'kysely';
import { UserError } from '../../base/errors.ts';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import { everyServer, type Scope } from '../../polls/scope.ts';
import { appendAudit } from '../audit/audit.ts';
import { requestFacts } from '../audit/audit-facts.ts';
import { boundKind } from '../kinds/operation-kinds.ts';
import { leaseSeconds } from '../lifecycle/lease.ts';
import type { OperationRow } from '../operation.ts';
import { operationLimits } from '../operation-limits.ts';
import { findOperation } from '../operation-store.ts';
import type { Writer } from './draft-store.ts';
import { assertPollsToUndo } from './undone-polls.ts';

/** Who pressed, where, and with which interaction. Taken from the interaction itself. */
export interface Actor {
  readonly userId: string;
  readonly scope: Scope | null;
  readonly interactionId: string;
  /** The interaction's token, and until when it works. The progress message is edited through it. */
  readonly token: string;
  readonly tokenExpiresAt: Date;
}

/**
 * The preview behind a pressed button, if this person may still press it; null if this very interaction has already
 * confirmed it, because another process was faster. Throws `UserError` with the reason otherwise.
 */
export async function usableDraft(db: Db, id: number, actor: Actor, now: Date): Promise<OperationRow | null> {
  const draft = await findOperation(db, everyServer, id);
  if (!draft || !mayUse(draft, actor)) {
    throw new UserError(
      'This preview belongs to somebody else, so nothing was changed. Run `/bulk` yourself to get one.',
    );
  }
  if (draft.confirmed_interaction_id === actor.interactionId) return null;
  if (draft.state === 'discarded') {
    throw new UserError(
      'This preview was cancelled, so nothing was changed. Run the command again for a new one.',
    );
  }
  if (draft.state !== 'draft') {
    throw new UserError(
      `This preview was already used: it started Operation #${draft.id}. See \`/bulk progress operation:${draft.id}\`.`,
    );
  }
  if (draft.expires_at && draft.expires_at <= now) {
    throw new UserError(
      `This preview expired after ${operationLimits.previewMinutes} minutes, so nothing was changed. Run the command again for a new one.`,
    );
  }
  await assertPollsToUndo(db, draft);
  return draft;
}

/** Throws `UserError` while the delay before a destructive operation has not passed, or if nothing would change. */
export function assertConfirmable(draft: OperationRow, now: Date): void {
  if (draft.total === 0)
    throw new UserError('This preview would change nothing, so there is nothing to confirm.');
  const wait = (draft.confirmable_at?.getTime() ?? 0) - now.getTime();
  if (wait > 0) {
    throw new UserError(
      `Read the preview first: \`Confirm\` works in ${Math.ceil(wait / 1000)} s. Nothing was changed.`,
    );
  }
}

/** The phrase to type for this draft; null if there is none. */
export function phraseOf(draft: OperationRow): string | null {
  return boundKind(draft).phrase(draft.total);
}

/**
 * Turns the draft into a queued operation owned by this process: a compare-and-set on its row, which works once. Null
 * if it was already used (the caller asks `usableDraft` for the words). Throws `UserError` if it is an undo and
 * another one of the same polls was faster.
 */
export async function confirmDraft(
  db: Db,
  draft: OperationRow,
  actor: Actor,
  { processId, now }: Writer,
): Promise<OperationRow | null> {
  return await inTransaction(db, async (trx, again) => {
    const own = again ? await confirmedHere(trx, draft.id, actor, processId) : undefined;
    if (own) return own;
    await lockUndone(trx, draft);
    const operation = await trx
      .updateTable('operations')
      .set({
        state: 'queued',
        confirmed_at: now,
        confirmed_interaction_id: actor.interactionId,
        progress_token: actor.token,
        progress_token_expires_at: actor.tokenExpiresAt,
        owner: processId,
        lease_until: sql`now() + make_interval(secs => ${leaseSeconds})`,
        fence: sql`fence + 1`,
      })
      .where('id', '=', draft.id)
      .where('state', '=', 'draft')
      .where('admin_id', '=', actor.userId)
      .where('expires_at', '>', now)
      .where('confirmable_at', '<=', now)
      .returningAll()
      .executeTakeFirst();
    if (!operation) return null;
    await appendAudit(trx, now, {
      operationId: operation.id,
      actorId: actor.userId,
      process: processId,
      event: 'confirmed',
      details: await requestFacts(trx, operation),
    });
    return operation;
  });
}

/** What this very confirmation has made of the draft, if it is not known whether it was committed. */
async function confirmedHere(
  trx: Trx,
  id: number,
  actor: Actor,
  processId: string,
): Promise<OperationRow | undefined> {
  return await trx
    .selectFrom('operations')
    .selectAll()
    .where('id', '=', id)
    .where('confirmed_interaction_id', '=', actor.interactionId)
    .where('owner', '=', processId)
    .executeTakeFirst();
}

/** Of two previews of one undo that are confirmed at the same moment, the second waits here and is refused. */
async function lockUndone(trx: Trx, draft: OperationRow): Promise<void> {
  if (draft.undo_of === null) return;
  await trx.selectFrom('operations').select('id').where('id', '=', draft.undo_of).forUpdate().execute();
  await assertPollsToUndo(trx, draft);
}

/** `Cancel` on a preview. Throws `UserError` if it can no longer be cancelled here. */
export async function discardDraft(
  db: Db,
  id: number,
  actor: Actor,
  { processId, now }: Writer,
): Promise<void> {
  const draft = await usableDraft(db, id, actor, now);
  if (!draft) return;
  await inTransaction(db, async (trx) => {
    const discarded = await trx
      .updateTable('operations')
      .set({ state: 'discarded' })
      .where('id', '=', id)
      .where('state', '=', 'draft')
      .returning('id')
      .executeTakeFirst();
    if (!discarded) return;
    await appendAudit(trx, now, {
      operationId: id,
      actorId: actor.userId,
      process: processId,
      event: 'discarded',
      details: { interaction: actor.interactionId },
    });
  });
}

function mayUse(draft: OperationRow, actor: Actor): boolean {
  if (draft.admin_id !== actor.userId || actor.scope === null) return false;
  return actor.scope.all || draft.scope_guild_id === actor.scope.serverId;
}
