import type { Db } from '../../db/schema.ts';
import type { OperationRow } from '../operation.ts';

/** A process that takes a preview has this long to edit it, in ms. Then another process may. */
const turnMs = 20_000;
const atOnce = 20;

/**
 * The drafts whose message is to be edited now. Each goes to one process; for the others it is due again when the
 * turn is over.
 */
export async function takeDuePreviews(db: Db, now: Date): Promise<OperationRow[]> {
  return await db
    .updateTable('operations')
    .set({ preview_due_at: new Date(now.getTime() + turnMs) })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('operations')
        .select('id')
        .where('state', '=', 'draft')
        .where('preview_due_at', '<=', now)
        .orderBy('preview_due_at')
        .limit(atOnce)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .execute();
}

/** When the next edit is due, in this process or another. */
export async function nextPreviewDue(db: Db): Promise<Date | null> {
  const next = await db
    .selectFrom('operations')
    .select('preview_due_at')
    .where('state', '=', 'draft')
    .where('preview_due_at', 'is not', null)
    .orderBy('preview_due_at')
    .limit(1)
    .executeTakeFirst();
  return next?.preview_due_at ?? null;
}

/**
 * Ends a turn. `due` null: the preview is edited no more. Writes nothing if another process has taken the preview
 * since.
 */
export async function setPreviewDue(db: Db, taken: OperationRow, due: Date | null): Promise<void> {
  await db
    .updateTable('operations')
    .set({ preview_due_at: due })
    .where('id', '=', taken.id)
    .where('preview_due_at', '=', taken.preview_due_at)
    .execute();
}

export async function rememberPage(db: Db, operationId: number, page: number): Promise<void> {
  await db.updateTable('operations').set({ preview_page: page }).where('id', '=', operationId).execute();
}
