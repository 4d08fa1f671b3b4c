import type { Db } from '../../src/db/schema.ts';

export async function pollRow(db: Db, id: number) {
  return await db.selectFrom('polls').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** As delivery does once Discord has taken the edit. */
export async function showNewest(db: Db, id: number): Promise<void> {
  const { revision } = await pollRow(db, id);
  await db
    .updateTable('polls')
    .set({ shown_revision: revision, sent_revision: revision })
    .where('id', '=', id)
    .execute();
}
