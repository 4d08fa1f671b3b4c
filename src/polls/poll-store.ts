import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { isRowId } from '../db/row-id.ts';
import type { Db, PollTable, Schema } from '../db/schema.ts';
import { inTransaction, type Trx } from '../db/transaction.ts';
import { fold } from './fold.ts';
import type { Poll, PollStatus, Tally } from './poll.ts';
import type { Scope } from './scope.ts';

/** A poll's row with its options in order. */
export type PollRow = Selectable<PollTable> & { readonly options: string[] };

/** The poll with this number; null if it is unknown, deleted, or of a server outside the scope. */
export async function findPoll(db: Db, scope: Scope, id: number): Promise<Poll | null> {
  if (!isRowId(id)) return null;
  const row = await pollRows(db, scope)
    .where('polls.id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row ? toPoll(row) : null;
}

/** The poll that this Discord message shows, even a deleted one; null if it shows none, or one outside the scope. */
export async function findPollOfMessage(db: Db, scope: Scope, messageId: string): Promise<Poll | null> {
  const row = await pollRows(db, scope).where('message_id', '=', messageId).executeTakeFirst();
  return row ? toPoll(row) : null;
}

/** The polls with these numbers, deleted ones too. Unknown and foreign ones are not in the map. */
export async function loadPolls(db: Db, scope: Scope, ids: readonly number[]): Promise<Map<number, Poll>> {
  const rows = await pollRows(db, scope)
    .where(sql<boolean>`polls.id = any(${ids.filter(isRowId)}::int[])`)
    .orderBy('polls.id')
    .execute();
  return new Map(rows.map((row) => [row.id, toPoll(row)]));
}

/**
 * The votes of these polls. Each known poll is in the map. The ids must be those of polls that a scope has let
 * through.
 */
export async function tallies(db: Db, ids: readonly number[]): Promise<Map<number, Tally>> {
  const wanted = ids.filter(isRowId);
  const { rows } = await sql<{ poll_id: number; counts: number[]; voters: number }>`
    select options.poll_id,
      array_agg(coalesce(counted.votes, 0)::int order by options.position) as counts,
      coalesce(max(people.voters), 0)::int as voters
    from poll_options options
    left join (
      select poll_id, position, count(*) as votes from votes where poll_id = any(${wanted}::int[])
      group by poll_id, position
    ) counted using (poll_id, position)
    left join (
      select poll_id, count(*) as voters from (
        select poll_id from votes where poll_id = any(${wanted}::int[]) group by poll_id, user_id
      ) person
      group by poll_id
    ) people on people.poll_id = options.poll_id
    where options.poll_id = any(${wanted}::int[])
    group by options.poll_id`.execute(db);
  return new Map(rows.map((row) => [row.poll_id, { counts: row.counts, voters: row.voters }]));
}

export interface PollListing {
  readonly status?: PollStatus;
  /** Only polls of these channels. Default: of all. */
  readonly channelIds?: readonly string[];
  readonly limit: number;
  /** Begins after this poll, towards older ones. */
  readonly afterId?: number;
}

/** Polls that are not deleted, newest first. */
export async function listPolls(
  db: Db,
  scope: Scope,
  { status, channelIds, limit, afterId }: PollListing,
): Promise<Poll[]> {
  const rows = await pollRows(db, scope)
    .where('deleted_at', 'is', null)
    .$if(status !== undefined, (q) => q.where('status', '=', status!))
    .$if(channelIds !== undefined, (q) => q.where(sql<boolean>`channel_id = any(${channelIds}::text[])`))
    .$if(afterId !== undefined && isRowId(afterId), (q) => q.where('polls.id', '<', afterId!))
    .orderBy('polls.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toPoll);
}

export interface NewPoll {
  /** The interaction that asks for it. However often it arrives, it makes one poll. */
  readonly interactionId: string;
  readonly serverId: string;
  readonly channelId: string;
  readonly creatorId: string;
  readonly question: string;
  readonly options: readonly string[];
  readonly timezone: string;
  readonly anonymous: boolean;
  readonly maxChoices: number;
  readonly pingRoleId: string | null;
  /** Null: it opens at once. */
  readonly opensAt: Date | null;
  readonly closesAt: Date | null;
  readonly now: Date;
}

/**
 * Creates the poll. The same interaction again finds the first poll: `created` is false, and `poll` is null if it is
 * gone.
 */
export async function createPoll(db: Db, input: NewPoll): Promise<{ poll: Poll | null; created: boolean }> {
  return await inTransaction(db, async (trx) => {
    if (!(await claimInteraction(trx, input.interactionId, input.now))) {
      const first = await pollRows(trx, { all: true })
        .where('interaction_id', '=', input.interactionId)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
      return { poll: first ? toPoll(first) : null, created: false };
    }
    const scheduled = input.opensAt !== null && input.opensAt > input.now;
    const { id } = await trx
      .insertInto('polls')
      .values({
        question: input.question,
        question_folded: fold(input.question),
        guild_id: input.serverId,
        channel_id: input.channelId,
        creator_id: input.creatorId,
        status: scheduled ? 'scheduled' : 'active',
        timezone: input.timezone,
        anonymous: input.anonymous,
        max_choices: input.maxChoices,
        ping_role_id: input.pingRoleId,
        ping_pending: !scheduled && input.pingRoleId !== null,
        opens_at: input.opensAt,
        closes_at: input.closesAt,
        created_at: input.now,
        interaction_id: input.interactionId,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('poll_options')
      .values(input.options.map((label, position) => ({ poll_id: id, position, label })))
      .execute();
    const row = await pollRows(trx, { all: true }).where('polls.id', '=', id).executeTakeFirstOrThrow();
    return { poll: toPoll(row), created: true };
  });
}

/**
 * Takes back a new poll whose message Discord refused. Returns false and keeps the poll if it has a message after
 * all, or if an operation holds it.
 */
export async function discardPoll(db: Db, scope: Scope, id: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('polls')
    .where(inScopeOf(scope))
    .where('id', '=', id)
    .where('message_id', 'is', null)
    .where('held_by', 'is', null)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** True once for each interaction. The caller's transaction makes the claim and its effect one. */
export async function claimInteraction(trx: Trx, interactionId: string, now: Date): Promise<boolean> {
  const claimed = await trx
    .insertInto('handled_interactions')
    .values({ interaction_id: interactionId, handled_at: now })
    .onConflict((conflict) => conflict.column('interaction_id').doNothing())
    .returning('interaction_id')
    .executeTakeFirst();
  return claimed !== undefined;
}

/** The query behind every `Poll`: rows in scope, deleted ones too, with their options. */
export function pollRows(db: Db, scope: Scope) {
  return db
    .selectFrom('polls')
    .selectAll('polls')
    .select(
      sql<string[]>`array(select label from poll_options where poll_id = polls.id order by position)`.as(
        'options',
      ),
    )
    .where(inScopeOf(scope));
}

export function toPoll(row: PollRow): Poll {
  return {
    id: row.id,
    question: row.question,
    options: row.options,
    serverId: row.guild_id,
    channelId: row.channel_id,
    creatorId: row.creator_id,
    status: row.status,
    timezone: row.timezone,
    anonymous: row.anonymous,
    maxChoices: row.max_choices,
    pingRoleId: row.ping_role_id,
    opensAt: row.opens_at,
    closesAt: row.closes_at,
    closedAt: row.closed_at,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
    version: row.version,
    revision: row.revision,
    shownRevision: row.shown_revision,
    messageId: row.message_id,
    messageGone: row.message_gone,
    heldBy: row.held_by,
  };
}

export function inScopeOf(scope: Scope) {
  return (eb: ExpressionBuilder<Schema, 'polls'>) =>
    scope.all ? eb.lit(true) : eb('polls.guild_id', '=', scope.serverId);
}
