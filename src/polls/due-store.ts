import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/** A poll whose message is behind. */
export interface DuePoll {
  readonly pollId: number;
  readonly channelId: string;
  readonly messageId: string | null;
}

/**
 * Opens every poll whose time has come, but not those that an operation holds, and not those whose closing time has
 * passed too. Several processes may do so at once; each poll is opened by one of them.
 *
 * The ids are given as an array: the planner would take all polls that ever closed for due, and join them with every
 * poll.
 */
export async function openDue(db: Db, now: Date): Promise<DuePoll[]> {
  const { rows } = await sql<DuePoll>`
    with due as (
      select id from polls
      where status = 'scheduled' and opens_at <= ${now} and (closes_at is null or closes_at > ${now})
        and deleted_at is null and held_by is null
      order by id for update skip locked
    )
    update polls set status = 'active', ping_pending = ping_role_id is not null,
      version = version + 1, revision = revision + 1
    where id = any(array(select id from due))
    returning polls.id as "pollId", channel_id as "channelId", message_id as "messageId"`.execute(db);
  return rows;
}

/**
 * When the next poll opens or closes by itself; null if none does. Held polls wait for their operation and do not
 * count.
 */
export async function nextDue(db: Db): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select least(
      (select min(opens_at) from polls where status = 'scheduled' and deleted_at is null and held_by is null),
      (select min(closes_at) from polls
        where status <> 'closed' and closes_at is not null and deleted_at is null and held_by is null)
    ) as at`.execute(db);
  return rows[0]!.at;
}

/**
 * Closes every poll whose closing time has come, even one that was never open because the bot was down (nobody is
 * pinged for it). Held polls wait. Votes ended at `closes_at`, so that is when the poll closed.
 */
export async function closeDue(db: Db, now: Date): Promise<DuePoll[]> {
  const { rows } = await sql<DuePoll>`
    with due as (
      select id from polls
      where status <> 'closed' and closes_at <= ${now} and deleted_at is null and held_by is null
      order by id for update skip locked
    )
    update polls set status = 'closed', closed_at = closes_at, ping_pending = false,
      version = version + 1, revision = revision + 1
    where id = any(array(select id from due))
    returning polls.id as "pollId", channel_id as "channelId", message_id as "messageId"`.execute(db);
  return rows;
}
