import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import type { Scope } from '../../polls/scope.ts';
import { appendAudit } from '../audit/audit.ts';
import type { OperationKind } from '../kinds/operation-kind.ts';
import { imageOf, type PollChange } from '../kinds/poll-image.ts';
import { operationLimits } from '../operation-limits.ts';

const previewLifetimeMs = operationLimits.previewMinutes * 60_000;

/** Who asks for an operation, from where, and why. */
export interface Asking {
  readonly scope: Scope;
  readonly adminId: string;
  readonly serverId: string;
  readonly channelId: string;
  readonly interactionId: string;
  /** The interaction's token. The preview is kept up to date through it. */
  readonly token: string;
  readonly locale: string;
  readonly reason: string | null;
  readonly private: boolean;
}

export interface Draft {
  readonly kind: OperationKind;
  readonly params: Readonly<Record<string, unknown>>;
  /** What the admin wrote, for the audit. */
  readonly targets: Record<string, unknown>;
  readonly undoOf: number | null;
  readonly estimateMs: number;
  readonly confirmDelayMs: number;
  readonly items: readonly DraftItem[];
}

export interface DraftItem {
  readonly pollId: number;
  /** Why it is left out, or null. */
  readonly skipReason: string | null;
  /** It is a number that was not found. The preview names it, nothing else does. */
  readonly missing?: boolean;
  /** For an undo: what the poll must still be, and what it becomes. Other kinds find out when they are applied. */
  readonly images?: { readonly before: PollChange; readonly after: PollChange };
}

/** The process that writes, and when. */
export interface Writer {
  readonly processId: string;
  readonly now: Date;
}

/**
 * Freezes a plan: the operation in state `draft`, with one item for each poll: `planned`, or `excluded` or `missing`
 * with the reason. Returns its number. The same interaction always gets the same draft.
 */
export async function createDraft(
  db: Db,
  asking: Asking,
  draft: Draft,
  { processId, now }: Writer,
): Promise<number> {
  const total = draft.items.filter((item) => item.skipReason === null).length;
  const delayMs = draft.kind.bind(draft.params).destructive ? draft.confirmDelayMs : 0;
  return await inTransaction(db, async (trx) => {
    const created = await trx
      .insertInto('operations')
      .values({
        kind: draft.kind.name,
        admin_id: asking.adminId,
        scope_guild_id: asking.scope.all ? null : asking.scope.serverId,
        guild_id: asking.serverId,
        channel_id: asking.channelId,
        interaction_id: asking.interactionId,
        locale: asking.locale,
        params: sql`${JSON.stringify(draft.params)}::jsonb`,
        targets: sql`${JSON.stringify(draft.targets)}::jsonb`,
        reason: asking.reason,
        private: asking.private,
        undo_of: draft.undoOf,
        total,
        estimate_ms: Math.round(draft.estimateMs),
        preview_token: asking.token,
        created_at: now,
        confirmable_at: new Date(now.getTime() + delayMs),
        expires_at: new Date(now.getTime() + previewLifetimeMs),
        preview_due_at: total === 0 ? null : new Date(now.getTime() + (delayMs || previewLifetimeMs)),
      })
      .onConflict((conflict) => conflict.column('interaction_id').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!created) return await draftOf(trx, asking.interactionId);
    await insertItems(trx, created.id, draft.items);
    await appendAudit(trx, now, {
      operationId: created.id,
      actorId: asking.adminId,
      process: processId,
      event: 'previewed',
      details: {
        kind: draft.kind.name,
        params: draft.params,
        targets: draft.targets,
        reason: asking.reason,
        server: asking.serverId,
        channel: asking.channelId,
        locale: asking.locale,
        interaction: asking.interactionId,
        matched: draft.items.length,
        toChange: total,
      },
    });
    return created.id;
  });
}

async function insertItems(trx: Trx, operationId: number, items: readonly DraftItem[]): Promise<void> {
  const images = (which: 'before' | 'after') =>
    items.map((item) => (item.images ? JSON.stringify(item.images[which]) : null));
  await sql`
    insert into operation_items (operation_id, poll_id, position, state, message, before, after)
    select ${operationId}, poll_id, position,
      case when missing then 'missing' when skip_reason is null then 'planned' else 'excluded' end, skip_reason,
      coalesce(before::jsonb, (select ${imageOf('poll')} from polls as poll where poll.id = poll_id and not missing)),
      after::jsonb
    from unnest(${items.map((item) => item.pollId)}::int[], ${items.map((item) => item.skipReason)}::text[],
      ${items.map((item) => item.missing ?? false)}::bool[], ${images('before')}::text[], ${images('after')}::text[])
      with ordinality as item (poll_id, skip_reason, missing, before, after, position)`.execute(trx);
}

async function draftOf(trx: Trx, interactionId: string): Promise<number> {
  const { id } = await trx
    .selectFrom('operations')
    .select('id')
    .where('interaction_id', '=', interactionId)
    .executeTakeFirstOrThrow();
  return id;
}
