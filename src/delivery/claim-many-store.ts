import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { CLAIM_TTL_MS } from './delivery-store.ts';

/** A deleted poll whose message this process may remove. */
export interface Claimed {
  readonly pollId: number;
  readonly messageId: string;
  readonly revision: number;
  /** As in `Claim`. */
  readonly sentBefore: number;
  readonly lastTriedUntil: Date | null;
}

/**
 * Claims those of the polls that are deleted and whose message is still there to be removed, as `claim` does one. The others
 * are left out: held by another process, without a message, or removed already.
 */
export async function claimDeleted(db: Db, pollIds: readonly number[], process: string): Promise<Claimed[]> {
  const { rows } = await sql<Claimed>`
    with before as (
      select id, sent_revision, sender_until from polls
      where id = any(${[...pollIds]}::int[])
        and deleted_at is not null and message_id is not null and shown_revision < revision
        and (sender is null or sender = ${process} or sender_until < clock_timestamp())
      order by id for update
    )
    update polls set
      sender = ${process},
      sender_until = clock_timestamp() + ${CLAIM_TTL_MS}::integer * interval '1 millisecond',
      sent_revision = greatest(polls.sent_revision, polls.revision), removal_tried = true
    from before where polls.id = before.id
    returning polls.id as "pollId", polls.message_id as "messageId", polls.revision,
      before.sent_revision as "sentBefore",
      case when before.sent_revision > polls.shown_revision then before.sender_until end as "lastTriedUntil"`.execute(
    db,
  );
  return rows;
}

/** Their messages are gone. */
export async function recordDeleted(db: Db, process: string, claimed: readonly Claimed[]): Promise<void> {
  await sql`
    with removed as (
      select polls.id, done.revision from polls
        join unnest(${idsOf(claimed)}::int[], ${claimed.map((poll) => poll.revision)}::int[])
          as done (id, revision) on done.id = polls.id
      order by polls.id for update of polls
    )
    update polls set
      shown_revision = greatest(polls.shown_revision, removed.revision),
      message_id = null, message_gone = false, removal_tried = false, parked_code = null, parked_reason = null,
      sender_until = case when sender = ${process} then null else sender_until end,
      sender = case when sender = ${process} then null else sender end
    from removed where polls.id = removed.id`.execute(db);
}

/** Gives the claims back. `unknown`: after a request whose outcome nobody knows; `unsent`: as if there had been none. */
export async function releaseAll(
  db: Db,
  process: string,
  claimed: readonly Claimed[],
  how: 'unknown' | 'unsent',
): Promise<void> {
  if (claimed.length === 0) return;
  const restored = how === 'unsent';
  await sql`
    with released as (
      select polls.id, old.sent_before, old.tried_until from polls
        join unnest(${idsOf(claimed)}::int[], ${claimed.map((poll) => poll.sentBefore)}::int[],
          ${claimed.map((poll) => poll.lastTriedUntil?.toISOString() ?? null)}::timestamptz[])
          as old (id, sent_before, tried_until) on old.id = polls.id
      where polls.sender = ${process}
      order by polls.id for update of polls
    )
    update polls set
      sender = null,
      sent_revision = case when ${restored} then released.sent_before else polls.sent_revision end,
      sender_until = case when ${restored} then released.tried_until else polls.sender_until end
    from released where polls.id = released.id`.execute(db);
}

function idsOf(claimed: readonly Claimed[]): number[] {
  return claimed.map((poll) => poll.pollId);
}
