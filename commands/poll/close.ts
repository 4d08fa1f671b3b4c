import type { MessageBody } from '../../src/base/message-body.ts';
import type { Caller } from '../../src/bot/caller.ts';
import { type Subcommand, subcommandDefinition } from '../../src/bot/slash-command.ts';
import type { FinalOutcome } from '../../src/delivery/delivery-batch.ts';
import { closePoll } from '../../src/polls/close-poll-store.ts';
import { messageLink } from '../../src/polls/message.ts';
import type { Poll } from '../../src/polls/poll.ts';
import { pollTitle } from '../../src/polls/text.ts';
import { adminScope } from './admin-scope.ts';
import { pollOption } from './poll-option.ts';
import type { PollServices } from './poll-services.ts';

const withinMs = 5000;

/** `/poll close` */
export function closeSubcommand(services: PollServices): Subcommand {
  return {
    definition: subcommandDefinition('close', 'Close a poll now (admins)', pollOption),
    acknowledge: 'private',
    run: ({ interaction, caller }) => close(services, caller, interaction.options.getInteger('poll', true)),
  };
}

/**
 * Closes the poll. What the answer says has happened is committed. It also says whether the message shows it already.
 */
async function close(
  { db, deliverer, clock }: PollServices,
  caller: Caller,
  pollId: number,
): Promise<MessageBody> {
  const poll = await closePoll(db, adminScope(caller), {
    pollId,
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
