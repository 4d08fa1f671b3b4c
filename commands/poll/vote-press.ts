import type { PressHandler } from '../../src/bot/handlers.ts';
import { isRowId } from '../../src/db/row-id.ts';
import { UserError } from '../../src/errors.ts';
import { cut, escapeText } from '../../src/polls/text.ts';
import { castVote, type VoteResult } from '../../src/polls/vote-store.ts';
import type { PollServices } from './services.ts';

/** A press on an option of a poll's message. */
export function votePress({
  db,
  deliverer,
  clock,
}: Pick<PollServices, 'db' | 'deliverer' | 'clock'>): PressHandler {
  return {
    action: 'vote',
    acknowledge: 'private',
    run: async (interaction, [pollId, position], caller) => {
      const result = await castVote(db, {
        pollId: Number(pollId),
        position: Number(position),
        userId: caller.userId,
        interactionId: caller.interactionId,
        guildId: caller.guildId,
        channelId: caller.channelId,
        messageId: interaction.message?.id ?? '',
        now: clock.now(),
      });
      if (result.type === 'not found') {
        throw new UserError(
          `${named(pollId)} was not found: it has been deleted, or its message was posted again below.`,
        );
      }
      if (result.type === 'refused') throw new UserError(result.reason);
      const { id, channelId, messageId } = result.poll;
      deliverer.touch({ pollId: id, channelId, messageId });
      return { content: nowVoted(result) };
    },
  };
}

/** Nothing of a forged custom id is repeated but a number. */
function named(pollId: string | undefined): string {
  return isRowId(Number(pollId)) ? `Poll #${Number(pollId)}` : 'This poll';
}

function nowVoted({ poll, type, choices }: Exclude<VoteResult, { type: 'not found' | 'refused' }>): string {
  if (choices.length === 0) {
    return type === 'removed'
      ? `You took your vote on #${poll.id} back.`
      : `You have no vote on #${poll.id}.`;
  }
  const labels = choices.map((position) => `**${escapeText(cut(poll.options[position] ?? '', 60))}**`);
  const shown =
    labels.slice(0, 10).join(', ') + (labels.length > 10 ? ` and ${labels.length - 10} more` : '');
  return `Your ${choices.length === 1 ? 'vote' : 'votes'} on #${poll.id}: ${shown}. Press an option again to take it back.`;
}
