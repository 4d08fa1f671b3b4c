import { customIds } from '../../src/base/custom-ids/custom-ids.ts';
import { plural } from '../../src/base/display/plural.ts';
import { UserError } from '../../src/base/errors.ts';
import type { PressHandler } from '../../src/bot/handlers.ts';
import { onPress } from '../../src/bot/on-press.ts';
import { isRowId } from '../../src/db/row-id.ts';
import { databaseFault } from '../../src/db/server/database-fault.ts';
import { cut, escapeText } from '../../src/polls/text.ts';
import type { VotePress, VoteResult } from '../../src/polls/votes/vote.ts';
import { VoteBatches } from '../../src/polls/votes/vote-batches.ts';
import type { PollServices } from './poll-services.ts';

/** A press on an option of a poll's message. */
export function votePress({
  db,
  deliverer,
  clock,
}: Pick<PollServices, 'db' | 'deliverer' | 'clock'>): PressHandler {
  const votes = new VoteBatches({ db, clock });
  return onPress(customIds.vote, {
    acknowledge: 'private',
    run: async ({ interaction, caller }, { poll, position }) => {
      const press = {
        pollId: poll,
        position,
        userId: caller.userId,
        interactionId: caller.interactionId,
        serverId: caller.serverId,
        channelId: caller.channelId,
        messageId: interaction.message?.id ?? '',
      };
      const result = await cast(votes, press);
      if (result.type === 'not found') {
        throw new UserError(
          `${named(press.pollId)} was not found: it has been deleted, or its message was posted again below.`,
        );
      }
      if (result.type === 'refused') throw new UserError(result.reason);
      const { id, channelId, messageId } = result.poll;
      deliverer.refresh({ pollId: id, channelId, messageId });
      return { content: nowVoted(result) };
    },
  });
}

async function cast(votes: VoteBatches, press: VotePress): Promise<VoteResult> {
  try {
    return await votes.cast(press);
  } catch (error) {
    if (databaseFault(error) !== 'away') throw error;
    throw new UserError(
      `Gavel cannot reach its database, so it does not know whether your vote was counted. Press again in a few minutes: the answer says what your vote is then.`,
      { cause: error },
    );
  }
}

/** Names the poll. Of a forged custom id nothing but a number is repeated. */
function named(pollId: number): string {
  return isRowId(pollId) ? `Poll #${pollId}` : 'This poll';
}

function nowVoted({
  poll,
  type,
  choices,
  labels,
}: Exclude<VoteResult, { type: 'not found' | 'refused' }>): string {
  if (choices.length === 0) {
    return type === 'removed'
      ? `You took your vote on #${poll.id} back.`
      : `You have no vote on #${poll.id}.`;
  }
  const said = labels.map((label) => `**${escapeText(cut(label, 60))}**`);
  const shown = said.slice(0, 10).join(', ') + (said.length > 10 ? ` and ${said.length - 10} more` : '');
  return `Your ${plural(choices.length, 'vote')} on #${poll.id}: ${shown}. Press an option again to take it back.`;
}
