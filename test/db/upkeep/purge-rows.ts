import type { Insertable } from 'kysely';
import type { Db, OperationTable, PollTable } from '../../../src/db/schema.ts';

export const now = new Date('2026-12-01T12:00:00Z');
export const retention = { deletedRetentionDays: 30, historyRetentionDays: 365 };

export function daysAgo(days: number): Date {
  return new Date(now.getTime() - days * 86_400_000);
}

let interactions = 0;

type OperationColumns =
  | 'kind'
  | 'state'
  | 'expires_at'
  | 'finished_at'
  | 'created_at'
  | 'retry_of'
  | 'undo_of';

export async function givenOperation(
  db: Db,
  columns: Partial<Pick<Insertable<OperationTable>, OperationColumns>>,
): Promise<number> {
  interactions += 1;
  const { id } = await db
    .insertInto('operations')
    .values({
      kind: 'close',
      admin_id: '1',
      guild_id: '2',
      channel_id: '3',
      interaction_id: String(interactions),
      locale: 'en',
      params: '{}',
      targets: '{}',
      created_at: now,
      ...columns,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

type PollColumns =
  | 'deleted_at'
  | 'held_by'
  | 'shown_revision'
  | 'parked_code'
  | 'message_gone'
  | 'created_at';

export async function givenPoll(
  db: Db,
  columns: Partial<Pick<Insertable<PollTable>, PollColumns>>,
): Promise<number> {
  interactions += 1;
  const { id } = await db
    .insertInto('polls')
    .values({
      question: 'Which?',
      guild_id: '2',
      channel_id: '3',
      creator_id: '1',
      status: 'active',
      created_at: now,
      interaction_id: String(interactions),
      shown_revision: 1,
      ...columns,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function givenItem(db: Db, operationId: number, pollId = 1): Promise<void> {
  await db
    .insertInto('operation_items')
    .values({ operation_id: operationId, poll_id: pollId, position: 0, state: 'planned' })
    .execute();
}

export async function operationIds(db: Db): Promise<number[]> {
  return (await db.selectFrom('operations').select('id').orderBy('id').execute()).map((row) => row.id);
}

export async function pollIds(db: Db): Promise<number[]> {
  return (await db.selectFrom('polls').select('id').orderBy('id').execute()).map((row) => row.id);
}
