import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { Claimed, ClaimKey } from './claim-store.ts';

/** What a poll's message shows after a request. `messageId` null: it has no message any more, and is to have none. */
export interface Shown extends ClaimKey {
  readonly revision: number;
  readonly messageId: string | null;
}

/**
 * Records that the messages show these revisions. Ends the claims, unless `keep`. Returns the polls whose claim was
 * still the latest. Of the others nothing is written, as with every record here: somebody else knows better by now.
 */
export async function recordShown(
  db: Db,
  shown: readonly Shown[],
  { keep = false }: { keep?: boolean } = {},
): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ id: number }>`
    with shown as (${latest(shown)})
    update polls set
      shown_revision = greatest(polls.shown_revision, new.revision), message_id = new.message_id,
      message_gone = false, removal_tried = false, parked_code = null, parked_reason = null,
      sender = case when ${keep}::boolean then polls.sender end,
      sender_until = case when ${keep}::boolean then polls.sender_until end
    from shown
    join unnest(${idsOf(shown)}::int[], ${shown.map(({ revision }) => revision)}::int[],
      ${shown.map(({ messageId }) => messageId)}::text[]) as new (id, revision, message_id) on new.id = shown.id
    where polls.id = shown.id
    returning polls.id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Records that somebody deleted the message by hand. It is not posted again, so that counts as shown. False: see
 * `recordShown`.
 */
export async function recordGone(db: Db, gone: ClaimKey & { readonly revision: number }): Promise<boolean> {
  return await changed(
    sql`
    update polls set
      shown_revision = greatest(shown_revision, ${gone.revision}::integer),
      message_id = null, message_gone = true, removal_tried = false, parked_code = null, parked_reason = null,
      sender = null, sender_until = null
    where ${isLatest(gone)} returning id`.execute(db),
  );
}

/**
 * Records that the message was deleted by hand and is about to be posted again. The claim goes on. False: see
 * `recordShown`.
 */
export async function forgetMessage(db: Db, own: ClaimKey): Promise<boolean> {
  return await changed(
    sql`update polls set message_id = null, message_gone = false where ${isLatest(own)} returning id`.execute(
      db,
    ),
  );
}

/**
 * Gives claims back. `sent`: with what was sent under them, whose outcome nobody may know. `unsent`: as if nothing
 * had been sent. Returns as `recordShown`.
 */
export async function release(
  db: Db,
  claimed: readonly Pick<Claimed, 'pollId' | 'claim' | 'sentBefore'>[],
  how: 'sent' | 'unsent',
): Promise<ReadonlySet<number>> {
  if (claimed.length === 0) return new Set();
  const { rows } = await sql<{ id: number }>`
    with released as (${latest(claimed)})
    update polls set
      sender = null, sender_until = null,
      sent_revision = case when ${how === 'unsent'}::boolean then old.sent_before else polls.sent_revision end
    from released
    join unnest(${idsOf(claimed)}::int[], ${claimed.map(({ sentBefore }) => sentBefore)}::int[])
      as old (id, sent_before) on old.id = released.id
    where polls.id = released.id
    returning polls.id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Records that a request of ours went out so late that somebody else had claimed the poll meanwhile. Nobody knows
 * what its message shows now, so it is shown once more. `removal`: the request was to delete it.
 */
export async function recordLate(
  db: Db,
  pollIds: readonly number[],
  { removal }: { readonly removal: boolean },
): Promise<void> {
  await sql`
    with late as (select id from polls where id = any(${[...pollIds]}::int[]) order by id for update)
    update polls set revision = revision + 1, removal_tried = removal_tried or ${removal}::boolean
    where id in (select id from late)`.execute(db);
}

/** Whether a message that was posted for the poll is not the one that shows it. */
export async function isStray(db: Db, pollId: number, messageId: string): Promise<boolean> {
  const row = await db
    .selectFrom('polls')
    .select(['message_id', 'deleted_at'])
    .where('id', '=', pollId)
    .executeTakeFirst();
  if (!row) return true;
  // If the poll has none, whoever sends for it now finds ours.
  return row.message_id === null ? row.deleted_at !== null : row.message_id !== messageId;
}

/**
 * Records that the message was looked for in vain and is posted anew: from now on a try counts. False: see
 * `recordShown`.
 */
export async function recordPostTried(db: Db, own: ClaimKey): Promise<boolean> {
  return await changed(
    sql`update polls set tried_at = clock_timestamp() where ${isLatest(own)} returning id`.execute(db),
  );
}

/** Records that the role is about to be pinged. False: see `recordShown`. */
export async function recordPingTried(db: Db, own: ClaimKey): Promise<boolean> {
  return await changed(
    sql`update polls set ping_tried_at = clock_timestamp() where ${isLatest(own)} returning id`.execute(db),
  );
}

/** Records that the ping is over: the role was pinged, Discord refuses it, or there is no role any more. */
export async function recordPinged(db: Db, own: ClaimKey): Promise<void> {
  await sql`
    update polls set ping_pending = false, pings_sent = pings_sent + 1, ping_tried_at = null
    where ${isLatest(own)}`.execute(db);
}

/** How many polls of one channel at most: more than its limit lets through until the sweep's next round. */
const eachChannel = 20;

/**
 * Polls whose message is behind and that nobody else looks after, or that must still ping: the oldest of each
 * channel. So a long backlog in one channel keeps no other from being healed. If even these are more than `limit`,
 * chance decides. `held`: messages that take no edit now; their polls would keep others of their channel from being
 * chosen.
 */
export async function overdue(
  db: Db,
  limit: number,
  held: readonly string[] = [],
): Promise<{ pollId: number; channelId: string; messageId: string | null }[]> {
  const behind = sql`shown_revision < revision and held_by is null and parked_code is null`;
  const free = sql`(deleted_at is not null or message_id is null or message_id <> all(${[...held]}::text[]))`;
  // Each channel is one step through the index on (channel_id, id), however long its backlog is.
  const { rows } = await sql<{ id: number; channel_id: string; message_id: string | null }>`
    with recursive channels as (
      (select channel_id from polls where ${behind} order by channel_id limit 1)
      union all
      select next.channel_id from channels, lateral (
        select channel_id from polls where ${behind} and channel_id > channels.channel_id order by channel_id limit 1
      ) next
    ), chosen as (
      select first.* from channels, lateral (
        select id, channel_id, message_id, row_number() over (order by id) as place from polls
        where ${behind} and ${free} and not message_gone and channel_id = channels.channel_id
        order by id limit ${eachChannel}::integer
      ) first
      union
      select id, channel_id, message_id, place from (
        select id, channel_id, message_id, row_number() over (partition by channel_id order by id) as place from polls
        where ping_pending and status = 'active' and deleted_at is null
          and held_by is null and parked_code is null and not message_gone
      ) pinging where place <= ${eachChannel}::integer
    )
    select id, channel_id, message_id from chosen
    group by id, channel_id, message_id order by min(place), random() limit ${limit}::integer`.execute(db);
  return rows.map((row) => ({ pollId: row.id, channelId: row.channel_id, messageId: row.message_id }));
}

/** The given claims that are the latest of their polls, locked in the order of ids, as everybody does. */
function latest(claims: readonly ClaimKey[]) {
  return sql`
    select polls.id from polls
    join unnest(${idsOf(claims)}::int[], ${claims.map(({ claim }) => claim)}::int[]) as own (id, claim)
      on own.id = polls.id and own.claim = polls.claim
    order by polls.id for update of polls`;
}

export function isLatest({ pollId, claim }: ClaimKey) {
  return sql`polls.id = ${pollId} and polls.claim = ${claim}`;
}

function idsOf(claims: readonly ClaimKey[]): number[] {
  return claims.map(({ pollId }) => pollId);
}

async function changed(result: Promise<{ readonly rows: readonly unknown[] }>): Promise<boolean> {
  return (await result).rows.length > 0;
}
