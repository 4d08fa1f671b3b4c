import { sql } from 'kysely';
import { isRowId } from '../db/row-id.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Poll } from './poll.ts';
import { claimInteraction, pollRows, toPoll } from './poll-store.ts';
import { everyServer } from './scope.ts';
import { decideVote, type VoteDecision } from './vote.ts';

export interface VotePress {
  readonly pollId: number;
  /** The option, from 0. */
  readonly position: number;
  readonly userId: string;
  readonly interactionId: string;
  /** Where the pressed button is. The poll is believed only if this is its own message. */
  readonly guildId: string;
  readonly channelId: string;
  readonly messageId: string;
  readonly now: Date;
}

export type VoteResult =
  | { readonly type: 'not found' }
  | { readonly type: 'refused'; readonly poll: Poll; readonly reason: string }
  /** `unchanged`: this interaction has been handled before. `choices`: the user's votes now, ascending. */
  | {
      readonly type: 'added' | 'removed' | 'moved' | 'unchanged';
      readonly poll: Poll;
      readonly choices: readonly number[];
    };

/**
 * One vote, in one transaction that locks the poll: it is either before a close and counted, or after it and
 * refused. The same interaction again changes nothing.
 */
export async function castVote(db: Db, press: VotePress): Promise<VoteResult> {
  return await inTransaction(db, async (trx) => {
    const poll = await lockPoll(trx, press);
    if (poll === null) return { type: 'not found' };
    const mine = await choicesOf(trx, poll.id, press.userId);
    if (await wasHandled(trx, press.interactionId)) return { type: 'unchanged', poll, choices: mine };
    const decision = decideVote(poll, mine, press.position, press.now);
    if (decision.type === 'refused') return { type: 'refused', poll, reason: decision.reason };
    await claimInteraction(trx, press.interactionId, press.now);
    await apply(trx, decision, press);
    return { type: decision.type, poll, choices: await choicesOf(trx, poll.id, press.userId) };
  });
}

/**
 * The row lock makes everything that follows one at a time for this poll. While a message is being posted its id is
 * not recorded yet, so until then any message of ours in the poll's channel will do.
 */
async function lockPoll(trx: Db, press: VotePress): Promise<Poll | null> {
  if (!isRowId(press.pollId)) return null;
  const row = await pollRows(trx, everyServer)
    .where('polls.id', '=', press.pollId)
    .where('guild_id', '=', press.guildId)
    .where('channel_id', '=', press.channelId)
    .where('deleted_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('message_id', '=', press.messageId),
        eb('message_id', 'is', null),
        eb('message_gone', '=', true),
      ]),
    )
    .forUpdate('polls')
    .executeTakeFirst();
  return row ? toPoll(row) : null;
}

async function choicesOf(trx: Db, pollId: number, userId: string): Promise<number[]> {
  const rows = await trx
    .selectFrom('votes')
    .select('position')
    .where('poll_id', '=', pollId)
    .where('user_id', '=', userId)
    .orderBy('position')
    .execute();
  return rows.map((row) => row.position);
}

async function wasHandled(trx: Db, interactionId: string): Promise<boolean> {
  const row = await trx
    .selectFrom('handled_interactions')
    .select('interaction_id')
    .where('interaction_id', '=', interactionId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Every vote makes a new picture (`revision`); none changes what the poll is (`version`). */
async function apply(
  trx: Db,
  decision: Exclude<VoteDecision, { type: 'refused' }>,
  press: VotePress,
): Promise<void> {
  await trx
    .deleteFrom('votes')
    .where('poll_id', '=', press.pollId)
    .where('user_id', '=', press.userId)
    .where(sql<boolean>`position = any(${[...decision.remove]}::int[])`)
    .execute();
  if (decision.add !== null) {
    await trx
      .insertInto('votes')
      .values({ poll_id: press.pollId, position: decision.add, user_id: press.userId, created_at: press.now })
      .execute();
  }
  await trx
    .updateTable('polls')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', press.pollId)
    .execute();
}
