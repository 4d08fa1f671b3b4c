import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import type { Poll, Tally } from '../polls/poll.ts';
import { type PollRow, toPoll } from '../polls/poll-store.ts';

/** How long a claim lives by itself: longer than the requests made under it (see `REQUEST_TIMEOUT_MS`). */
export const CLAIM_TTL_MS = 20_000;

/** The right of one process to send for a poll, and what it is to show. */
export interface Claim {
  readonly type: 'claimed';
  readonly poll: Poll;
  readonly tally: Tally;
  /** The highest revision sent before. Above `poll.shownRevision`: nobody knows whether that one arrived. */
  readonly sentBefore: number;
  /** When that earlier request was under way at the latest; null where it ended in the knowledge of everybody. */
  readonly lastTriedUntil: Date | null;
  readonly pingPending: boolean;
  /** Its message may be gone because we asked Discord to remove it. */
  readonly removalTried: boolean;
}

export type ClaimResult =
  | Claim
  /** Its message shows `revision`, the newest there is. */
  | { readonly type: 'shown'; readonly revision: number }
  /** Another process sends for it. */
  | { readonly type: 'busy' }
  /** An unfinished operation holds it (`code` null), or Discord refused for good. */
  | {
      readonly type: 'left';
      readonly revision: number;
      readonly code: string | null;
      readonly reason: string;
    }
  | { readonly type: 'missing' };

/**
 * Claims a poll for `process`, for `CLAIM_TTL_MS` by the database's clock, if there is anything to show or to ping. Only
 * the claim's holder sends, so an older picture never overwrites a newer one, whatever processes there are.
 *
 * `respectHolds`: leave alone what an unfinished operation holds. `respectParks`: and what Discord refused for good.
 */
export async function claim(
  db: Db,
  pollId: number,
  process: string,
  options: { readonly respectHolds: boolean; readonly respectParks: boolean },
): Promise<ClaimResult> {
  const claimed = await sql<ClaimedRow>`
    with before as (
      select id, sent_revision, sender_until from polls
      where id = ${pollId}
        and (sender is null or sender = ${process} or sender_until < clock_timestamp())
        and (shown_revision < revision or (ping_pending and status = 'active' and deleted_at is null))
        and (not ${options.respectHolds}::boolean or held_by is null)
        and (not ${options.respectParks}::boolean or parked_code is null)
      for update
    )
    update polls set
      sender = ${process},
      sender_until = clock_timestamp() + ${CLAIM_TTL_MS}::integer * interval '1 millisecond',
      sent_revision = greatest(polls.sent_revision, polls.revision),
      removal_tried = polls.removal_tried or polls.deleted_at is not null
    from before where polls.id = before.id
    returning polls.*, before.sent_revision as sent_before, before.sender_until as tried_until`.execute(db);
  const row = claimed.rows[0];
  if (!row) return await whyNot(db, pollId, options);
  // A statement of its own, after the claim: it sees every vote counted in the claimed revision. Read in the claim's
  // statement, the votes could be older than the row, which is read again once its lock is free.
  const { labels, tally } = await contents(db, pollId);
  return {
    type: 'claimed',
    poll: toPoll({ ...row, options: labels }),
    tally,
    sentBefore: row.sent_before,
    lastTriedUntil: row.sent_before > row.shown_revision ? row.tried_until : null,
    pingPending: row.ping_pending,
    removalTried: row.removal_tried,
  };
}

/** The message shows `revision`. `messageId` null: the poll has no message any more, and is to have none. */
export async function recordShown(
  db: Db,
  shown: { pollId: number; process: string; revision: number; messageId: string | null },
): Promise<void> {
  await sql`
    update polls set
      shown_revision = greatest(shown_revision, ${shown.revision}::integer),
      message_id = ${shown.messageId}, message_gone = false, removal_tried = false, parked_code = null, parked_reason = null,
      ${clearClaim(shown.process)}
    where id = ${shown.pollId}`.execute(db);
}

/** Somebody deleted the message by hand, and it is not to be posted again: that counts as shown. */
export async function recordGone(
  db: Db,
  gone: { pollId: number; process: string; revision: number },
): Promise<void> {
  await sql`
    update polls set
      shown_revision = greatest(shown_revision, ${gone.revision}::integer),
      message_id = null, message_gone = true, removal_tried = false, parked_code = null, parked_reason = null,
      ${clearClaim(gone.process)}
    where id = ${gone.pollId}`.execute(db);
}

/** The message was deleted by hand and is about to be posted again. The claim goes on. */
export async function forgetMessage(db: Db, pollId: number): Promise<void> {
  await sql`update polls set message_id = null, message_gone = false where id = ${pollId}`.execute(db);
}

/** Gives the claim back after a request that nobody knows the outcome of: it stays sent, and when it was tried is kept. */
export async function releaseUnknown(db: Db, released: { pollId: number; process: string }): Promise<void> {
  await sql`
    update polls set sender = null
    where id = ${released.pollId} and sender = ${released.process}`.execute(db);
}

/** Gives the claim back with nothing sent under it. */
export async function releaseUnsent(
  db: Db,
  released: { pollId: number; process: string; sentBefore: number; lastTriedUntil: Date | null },
): Promise<void> {
  await sql`
    update polls set
      sent_revision = ${released.sentBefore}, sender_until = ${released.lastTriedUntil}, sender = null
    where id = ${released.pollId} and sender = ${released.process}`.execute(db);
}

export async function recordPinged(db: Db, pollId: number): Promise<void> {
  await sql`update polls set ping_pending = false, pings_sent = pings_sent + 1 where id = ${pollId}`.execute(
    db,
  );
}

/** Drops every claim: for the start of a process that is provably the only one at its database. */
export async function clearClaims(db: Db): Promise<void> {
  await sql`update polls set sender = null where sender is not null`.execute(db);
}

/** Polls whose message is behind and that nobody else looks after, or that have still to ping. Oldest first. */
export async function overdue(
  db: Db,
  limit: number,
): Promise<{ pollId: number; channelId: string; messageId: string | null }[]> {
  const { rows } = await sql<{ id: number; channel_id: string; message_id: string | null }>`
    (select id, channel_id, message_id from polls
      where shown_revision < revision and held_by is null and parked_code is null and not message_gone
      order by id limit ${limit}::integer)
    union
    (select id, channel_id, message_id from polls
      where ping_pending and status = 'active' and deleted_at is null
        and held_by is null and parked_code is null and not message_gone
      order by id limit ${limit}::integer)`.execute(db);
  return rows.map((row) => ({ pollId: row.id, channelId: row.channel_id, messageId: row.message_id }));
}

type ClaimedRow = Omit<PollRow, 'options'> & { sent_before: number; tried_until: Date | null };

/** Another process may have taken the claim over meanwhile; it keeps it. */
function clearClaim(process: string) {
  return sql`
    sender_until = case when sender = ${process} then null else sender_until end,
    sender = case when sender = ${process} then null else sender end`;
}

async function whyNot(
  db: Db,
  pollId: number,
  options: { respectHolds: boolean; respectParks: boolean },
): Promise<ClaimResult> {
  const row = await db
    .selectFrom('polls')
    .select(['revision', 'shown_revision', 'held_by', 'parked_code', 'parked_reason'])
    .where('id', '=', pollId)
    .executeTakeFirst();
  if (!row) return { type: 'missing' };
  if (row.shown_revision >= row.revision) return { type: 'shown', revision: row.shown_revision };
  const revision = row.shown_revision;
  if (options.respectHolds && row.held_by !== null) {
    return { type: 'left', revision, code: null, reason: `Operation #${row.held_by} is at work on it` };
  }
  if (options.respectParks && row.parked_code !== null) {
    return { type: 'left', revision, code: row.parked_code, reason: row.parked_reason ?? '' };
  }
  return { type: 'busy' };
}

async function contents(db: Db, pollId: number): Promise<{ labels: string[]; tally: Tally }> {
  const { rows } = await sql<{ label: string; votes: number; voters: number }>`
    select option.label, coalesce(counted.votes, 0)::integer as votes,
      (select count(*)::integer from (select from votes where poll_id = ${pollId} group by user_id) as people) as voters
    from poll_options as option
    left join (select position, count(*) as votes from votes where poll_id = ${pollId} group by position) as counted
      using (position)
    where option.poll_id = ${pollId} order by option.position`.execute(db);
  return {
    labels: rows.map(({ label }) => label),
    tally: { counts: rows.map(({ votes }) => votes), voters: rows[0]?.voters ?? 0 },
  };
}
