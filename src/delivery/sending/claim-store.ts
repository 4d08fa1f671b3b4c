import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { Trx } from '../../db/transaction.ts';
import type { Poll, Tally } from '../../polls/poll.ts';
import { type PollRow, toPoll } from '../../polls/poll-store.ts';

/** How long a claim lives by itself, in ms: longer than the requests made under it (see `requestTimeoutMs`). */
export const claimTtlMs = 20_000;

/**
 * Names one claim of one poll. Every record of what was sent carries it, and writes nothing once there is a newer
 * claim.
 */
export interface ClaimKey {
  readonly pollId: number;
  /** Grows with every claim of the poll. */
  readonly claim: number;
}

/** The right of one process to send for a poll. */
export interface Claimed extends ClaimKey {
  /** The claimed poll, without its options. */
  readonly poll: Poll;
  /** The highest revision sent before. If it is above `poll.shownRevision`, nobody knows whether that one arrived. */
  readonly sentBefore: number;
  /** When the first try began whose outcome nobody knows; null: there is none. */
  readonly triedAt: Date | null;
  readonly ping: {
    readonly pending: boolean;
    /** When it was first tried for this opening; null: not yet, or that try is settled. */
    readonly triedAt: Date | null;
    /** When the poll was opened, which tells one ping from the next. */
    readonly opening: Date;
  };
  /** Whether its message may be gone because we asked Discord to remove it. */
  readonly removalTried: boolean;
}

/** A claim with all that the message must show. */
export interface Claim extends Claimed {
  readonly type: 'claimed';
  readonly tally: Tally;
}

export interface ClaimOptions {
  /** Leaves alone what an unfinished operation holds. */
  readonly respectHolds: boolean;
  /** Leaves alone what Discord refused for good. */
  readonly respectParks: boolean;
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

/** Claims one poll, with what its message must show; or says why not. */
export async function claim(
  db: Db,
  pollId: number,
  processId: string,
  options: ClaimOptions,
): Promise<ClaimResult> {
  const [claimed] = await claimPolls(db, [pollId], processId, options);
  if (!claimed) return await whyNot(db, pollId, options);
  // A statement of its own, after the claim, so that it sees every vote counted in the claimed revision. If the
  // claim's statement read the votes, they could be older than the row, which is read again once its lock is free.
  const { labels, tally } = await contents(db, pollId);
  return { type: 'claimed', ...claimed, poll: { ...claimed.poll, options: labels }, tally };
}

/**
 * Claims polls for `process`, for `claimTtlMs` by the database's clock: those that have something to show or to ping
 * and for which nobody else sends. Only the holder of a poll's latest claim sends and records. So an older picture
 * never overwrites a newer one, whatever processes there are.
 */
export async function claimPolls(
  db: Db,
  pollIds: readonly number[],
  processId: string,
  options: ClaimOptions,
): Promise<Claimed[]> {
  const { rows } = await sql<ClaimedRow>`
    with before as (
      select id, sent_revision from polls
      where id = any(${[...pollIds]}::int[])
        and (sender is null or sender = ${processId} or sender_until < clock_timestamp())
        and (shown_revision < revision or (ping_pending and status = 'active' and deleted_at is null))
        and (not ${options.respectHolds}::boolean or held_by is null)
        and (not ${options.respectParks}::boolean or parked_code is null)
      order by id for update
    )
    update polls set
      sender = ${processId}, claim = polls.claim + 1,
      sender_until = clock_timestamp() + ${claimTtlMs}::integer * interval '1 millisecond',
      sent_revision = greatest(polls.sent_revision, polls.revision),
      tried_at = case when polls.sent_revision > polls.shown_revision
        then coalesce(polls.tried_at, clock_timestamp()) else clock_timestamp() end,
      removal_tried = polls.removal_tried or polls.deleted_at is not null
    from before where polls.id = before.id
    returning polls.*, before.sent_revision as sent_before,
      case when polls.ping_tried_at >= polls.status_since then polls.ping_tried_at end as this_ping_tried_at`.execute(
    db,
  );
  return rows.map((row) => ({
    pollId: row.id,
    claim: row.claim,
    poll: toPoll({ ...row, options: [] }),
    sentBefore: row.sent_before,
    triedAt: row.sent_before > row.shown_revision ? row.tried_at : null,
    ping: {
      pending: row.ping_pending,
      triedAt: row.this_ping_tried_at,
      opening: row.status_since,
    },
    removalTried: row.removal_tried,
  }));
}

/** Drops the claims of processes that are proven dead. What they may have sent stays known. */
export async function freeClaims(trx: Trx, processes: readonly string[]): Promise<void> {
  await sql`
    with claimed as (
      select id from polls where sender = any(${[...processes]}::text[]) order by id for update
    )
    update polls set sender = null where id in (select id from claimed)`.execute(trx);
}

/** Lets a claim live on from now. False: there is a newer one. */
export async function renewClaim(db: Db, { pollId, claim }: ClaimKey): Promise<boolean> {
  const { rows } = await sql`
    update polls set sender_until = clock_timestamp() + ${claimTtlMs}::integer * interval '1 millisecond'
    where id = ${pollId} and claim = ${claim} returning id`.execute(db);
  return rows.length > 0;
}

/** Drops every claim. For the start of a process that is provably the only one at its database. */
export async function clearClaims(db: Db): Promise<void> {
  await sql`update polls set sender = null where sender is not null`.execute(db);
}

type ClaimedRow = Omit<PollRow, 'options'> & { sent_before: number; this_ping_tried_at: Date | null };

async function whyNot(db: Db, pollId: number, options: ClaimOptions): Promise<ClaimResult> {
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
