import type { Db } from '../../../src/db/schema.ts';
import type { Poll } from '../../../src/polls/poll.ts';
import { tallies } from '../../../src/polls/poll-store.ts';
import type { VotePress } from '../../../src/polls/votes/vote.ts';

/** A press on the first option of the poll's own message, by `voter`. */
export function press(
  asked: Pick<Poll, 'id' | 'serverId' | 'channelId' | 'messageId'>,
  interactionId: string,
  changes: Partial<VotePress> = {},
): VotePress {
  return {
    pollId: asked.id,
    position: 0,
    userId: 'voter',
    interactionId,
    serverId: asked.serverId,
    channelId: asked.channelId,
    messageId: asked.messageId!,
    ...changes,
  };
}

export async function tally(db: Db, asked: Pick<Poll, 'id'>) {
  return (await tallies(db, [asked.id])).get(asked.id);
}

/** Who chose what, by user. */
export async function choices(db: Db, asked: Pick<Poll, 'id'>): Promise<Record<string, number[]>> {
  const rows = await db
    .selectFrom('votes')
    .select(['user_id', 'position'])
    .where('poll_id', '=', asked.id)
    .orderBy('position')
    .execute();
  const chosen: Record<string, number[]> = {};
  for (const { user_id, position } of rows) {
    chosen[user_id] ??= [];
    chosen[user_id].push(position);
  }
  return chosen;
}
