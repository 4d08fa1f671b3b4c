import type { ChatInputCommandInteraction } from 'discord.js';
import type { MessageBody } from '../../src/base/message-body.ts';
import type { Caller } from '../../src/bot/handlers.ts';
import type { FinalOutcome } from '../../src/delivery/delivery-batch.ts';
import { closePoll } from '../../src/polls/close-poll-store.ts';
import { messageLink } from '../../src/polls/message.ts';
import type { Poll } from '../../src/polls/poll.ts';
import { pollTitle } from '../../src/polls/text.ts';
import { adminScope } from './admin-scope.ts';
import type { PollServices } from './services.ts';

const withinMs = 5000;

/** What the answer says has happened is committed; whether the message shows it already is said beside it. */
export async function closeCommand(
  { db, deliverer, clock }: PollServices,
  interaction: ChatInputCommandInteraction,
  caller: Caller,
): Promise<MessageBody> {
  const poll = await closePoll(db, adminScope(caller), {
    pollId: interaction.options.getInteger('poll', true),
    interactionId: caller.interactionId,
    now: clock.now(),
  });
  const job = { pollId: poll.id, channelId: poll.channelId, messageId: poll.messageId };
  const outcome = await deliverer.deliver(job, withinMs);
  return { content: `${pollTitle(poll)} is closed. ${message(poll, outcome)}` };
}

function message(poll: Poll, outcome: FinalOutcome | null): string {
  const link = messageLink(poll);
  if (outcome === null) return `Its message follows in a moment${link === null ? '.' : `: ${link}`}`;
  if (outcome.type === 'failed') {
    return `Its message still looks open, because Discord refuses the change: ${outcome.reason} (code ${outcome.code}).`;
  }
  if (outcome.type === 'abort') return `Its message cannot be changed now: ${outcome.reason}.`;
  return outcome.remark === undefined && link !== null
    ? link
    : `Note: ${outcome.remark ?? 'it has no message'}.`;
}
