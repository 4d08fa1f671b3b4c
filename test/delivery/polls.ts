import type { Db } from '../../src/db/schema.ts';
import { overdue } from '../../src/delivery/sending/delivery-store.ts';

let serial = 0;

/** A poll with two options, not shown yet. */
export async function givenPoll(
  db: Db,
  fields: Partial<{
    channel_id: string;
    status: 'scheduled' | 'active' | 'closed';
    message_id: string;
    shown_revision: number;
    revision: number;
    held_by: number;
    ping_role_id: string;
    ping_pending: boolean;
    message_gone: boolean;
  }> = {},
): Promise<number> {
  serial += 1;
  const { id } = await db
    .insertInto('polls')
    .values({
      question: `Question ${serial}`,
      guild_id: '100000000000000001',
      channel_id: '200000000000000001',
      creator_id: '300000000000000001',
      status: 'active',
      created_at: new Date('2026-11-01T12:00:00Z'),
      interaction_id: `interaction ${serial}`,
      ...fields,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('poll_options')
    .values(['Yes', 'No'].map((label, position) => ({ poll_id: id, position, label })))
    .execute();
  return id;
}

export async function pollOf(db: Db, id: number) {
  return await db.selectFrom('polls').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** A vote as people cast it: the votes and the revision grow together. */
export async function givenVote(db: Db, pollId: number, userId: string, position = 0): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const values = { poll_id: pollId, position, user_id: userId, created_at: new Date() };
    await trx.insertInto('votes').values(values).execute();
    await bump(trx, pollId);
  });
}

export async function bump(db: Db, pollId: number, fields: Record<string, unknown> = {}): Promise<void> {
  await db
    .updateTable('polls')
    .set((eb) => ({ revision: eb('revision', '+', 1), ...fields }))
    .where('id', '=', pollId)
    .execute();
}

/** The polls that the sweep would take now, by number. */
export async function overdueIds(db: Db): Promise<number[]> {
  return (await overdue(db, 10)).map(({ pollId }) => pollId).sort((a, b) => a - b);
}
