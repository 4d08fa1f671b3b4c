import type { Db } from '../../db/schema.ts';
import type { OperationRow } from '../operation.ts';

/** Whoever takes a preview has so long to edit it; then another process may. */
const turnMs = 20_000;
const atOnce = 20;

/** The drafts whose message is to be edited now, each for one process: to the others it is due when this turn is over. */
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

/** Ends a turn. `due` null: it is edited no more. Nothing is written once another process has taken it. */
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
