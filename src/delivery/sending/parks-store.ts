import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import { deedsThatNeed, type Right } from '../rights.ts';
import type { ClaimKey } from './claim-store.ts';
import { isLatest } from './delivery-store.ts';

const unknownChannel = '10003';

interface ParkedPlace {
  readonly guild_id: string;
  readonly channel_id: string;
  readonly parked_right: Right;
  readonly gone: boolean;
}

/** What Discord refused for good, and for which right. */
export interface RefusedPoll extends ClaimKey {
  readonly sentBefore: number;
  readonly code: string;
  readonly reason: string;
  /**
   * The right that was refused, and where: it concerns every poll there whose message is behind for want of it. Null:
   * this poll alone.
   */
  readonly inChannel: { readonly channelId: string; readonly right: Right } | null;
  /** Discord did it all the same, without the embed: the message is there and shows nothing. */
  readonly blank?: { readonly messageId: string };
}

/**
 * Parks what Discord refuses for good: the sweep leaves it alone until `unpark`, a retry or the next success. False,
 * and nothing is written: somebody else has claimed the poll since.
 */
export async function recordRefused(db: Db, refused: RefusedPoll): Promise<boolean> {
  const { pollId, inChannel, blank } = refused;
  const deeds = inChannel ? deedsThatNeed(inChannel.right) : [];
  // Locked in the order of ids, as everybody does who changes many polls.
  const { rows } = await sql`
    with refused as (
      select id from polls
      where (id = ${pollId}
        or (channel_id = ${inChannel?.channelId ?? null}::text and shown_revision < revision
          and ${deed} = any(${deeds}::text[])))
        and exists (select from polls where ${isLatest(refused)})
      order by id for update
    )
    update polls set
      parked_code = ${refused.code}, parked_reason = ${refused.reason}, parked_right = ${inChannel?.right ?? null},
      message_id = case when id = ${pollId} then coalesce(${blank?.messageId ?? null}::text, message_id) else message_id end,
      sent_revision = case when id = ${pollId} and ${blank === undefined}::boolean
        then ${refused.sentBefore}::integer else sent_revision end,
      sender_until = case when id = ${pollId} then null else sender_until end,
      sender = case when id = ${pollId} then null else sender end
    where id = any(array(select id from refused)) and (id <> ${pollId} or ${isLatest(refused)})
    returning id`.execute(db);
  return rows.length > 0;
}

/** What is to be done with the message of a poll. */
const deed = sql`case when deleted_at is not null then 'delete' when message_id is null then 'post' else 'edit' end`;

/** Lets everything be tried again that Discord refused with one of these codes. */
export async function unparkCodes(db: Db, codes: readonly string[]): Promise<void> {
  await sql`
    with parked as (
      select id from polls where parked_code is not null and parked_code = any(${[...codes]}::text[]) order by id for update
    )
    update polls set parked_code = null, parked_reason = null, parked_right = null
    where id in (select id from parked)`.execute(db);
}

/**
 * To be called when the bot's rights changed: what Discord refused for want of a right that came back may be tried
 * again. `gone`: Discord said that there is no such channel.
 */
export async function unpark(
  db: Db,
  regained: (serverId: string, channelId: string, right: Right, gone: boolean) => boolean,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const { rows } = await sql<ParkedPlace>`
      select guild_id, channel_id, parked_right, bool_and(parked_code = ${unknownChannel}) as gone from polls
      where parked_code is not null and parked_right is not null
      group by guild_id, channel_id, parked_right`.execute(trx);
    const back = rows.filter((row) => regained(row.guild_id, row.channel_id, row.parked_right, row.gone));
    if (back.length === 0) return;
    await sql`
      with parked as (
        select id from polls
        where parked_code is not null and (channel_id, parked_right) in (
          select * from unnest(
            ${back.map((row) => row.channel_id)}::text[], ${back.map((row) => row.parked_right)}::text[]))
        order by id for update
      )
      update polls set parked_code = null, parked_reason = null, parked_right = null
      where id in (select id from parked)`.execute(trx);
  });
}
