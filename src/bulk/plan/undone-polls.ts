import { sql } from 'kysely';
import { UserError } from '../../base/errors.ts';
import type { Db } from '../../db/schema.ts';
import type { OperationRow } from '../operation.ts';

/**
 * Which polls confirmed undos of the operation have undone or will undo, and by which undo. These are not undone
 * again. Polls that an undo left out or skipped, or that went back when the undo was cancelled, are not among them.
 * The undo that was asked for by `interactionId` is not looked at.
 */
export async function undonePolls(
  db: Db,
  operationId: number,
  interactionId: string,
): Promise<Map<number, number>> {
  const { rows } = await sql<{ poll_id: number; by: number }>`
    select item.poll_id, min(undo.id) as by
    from operations as undo join operation_items as item on item.operation_id = undo.id
    where undo.undo_of = ${operationId} and undo.confirmed_at is not null and undo.interaction_id <> ${interactionId}
      and ${isUndone}
    group by item.poll_id`.execute(db);
  return new Map(rows.map((row) => [row.poll_id, row.by]));
}

/** Throws `UserError` if other undos have undone every poll of this draft of an undo meanwhile. */
export async function assertPollsToUndo(
  db: Db,
  { id, undo_of, interaction_id }: OperationRow,
): Promise<void> {
  if (undo_of === null) return;
  const undone = await undonePolls(db, undo_of, interaction_id);
  if (undone.size === 0) return;
  const planned = await db
    .selectFrom('operation_items')
    .select('poll_id')
    .where('operation_id', '=', id)
    .where('state', '=', 'planned')
    .execute();
  if (planned.some(({ poll_id }) => !undone.has(poll_id))) return;
  const [by] = planned.map(({ poll_id }) => undone.get(poll_id)!);
  if (by !== undefined) throw alreadyUndoneError(undo_of, by);
}

export function alreadyUndoneError(operationId: number, by: number): UserError {
  return new UserError(
    `Operation #${operationId} was already undone by Operation #${by}; that is possible once for each poll. Nothing was changed.`,
  );
}

/** Whether the operation changed polls that no undo has taken back yet. */
export async function hasPollsToUndo(db: Db, operationId: number): Promise<boolean> {
  const { rows } = await sql<{ left: boolean }>`
    select exists (
      select from operation_items as own
      where own.operation_id = ${operationId} and own.state in ('done', 'failed') and own.target_revision is not null
        and not exists (
          select from operations as undo join operation_items as item on item.operation_id = undo.id
          where undo.undo_of = ${operationId} and undo.confirmed_at is not null and item.poll_id = own.poll_id
            and ${isUndone})) as left`.execute(db);
  return rows[0]!.left;
}

/** SQL on an item of an undo: its poll is undone, or will be. */
const isUndone = sql<boolean>`(item.state in ('planned', 'applied') or item.target_revision is not null)`;
