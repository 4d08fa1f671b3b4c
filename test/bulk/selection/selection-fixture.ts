import { sql } from 'kysely';
import {
  changeSelection,
  type Selection,
  type SelectionChange,
  type SelectionOwner,
  type SelectionWish,
} from '../../../src/bulk/selection/selection-store.ts';
import type { Db } from '../../../src/db/schema.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { now, postedPoll, serverId } from '../../polls/poll-fixture.ts';
import { adminId, interactionId } from '../bulk-fixture.ts';

export const awayGuildId = '900000000000000002';
/** A server admin's selection, and a super admin's. */
export const atHome: SelectionOwner = { adminId, scope: oneServer(serverId) };
export const everywhere: SelectionOwner = { adminId, scope: everyServer };

/** Changes a selection as an interaction of its own, unless one is named. */
export function change(
  db: Db,
  owner: SelectionOwner,
  wish: SelectionWish | ((before: Selection) => SelectionWish),
  { maxPolls = 1000, interaction = interactionId() }: { maxPolls?: number; interaction?: string } = {},
): Promise<SelectionChange> {
  const asked = typeof wish === 'function' ? wish : () => wish;
  return changeSelection(db, owner, { interactionId: interaction, maxPolls, now }, asked);
}

/** So many polls of a server, by their numbers. */
export async function pollsOf(db: Db, guild: string, count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push((await postedPoll(db, interactionId(), { serverId: guild })).id);
  return ids;
}

/** As an operation deletes them, or (`at` null) as its undo brings them back. */
export async function markDeleted(db: Db, ids: readonly number[], at: Date | null = now): Promise<void> {
  await db.updateTable('polls').set({ deleted_at: at }).where('id', 'in', ids).execute();
}

/** Copies of a poll, by their numbers: many of them are made faster so. */
export async function copies(db: Db, of: number, count: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    insert into polls (question, question_folded, guild_id, channel_id, creator_id, status, created_at, interaction_id)
    select question, question_folded, guild_id, channel_id, creator_id, status, created_at, 'copy ' || copy
    from polls, generate_series(1, ${count}) as copy where id = ${of}
    returning id`.execute(db);
  return rows.map((row) => row.id).sort((a, b) => a - b);
}
