import type { ChatInputCommandInteraction } from 'discord.js';
import { UserError } from '../../src/base/errors.ts';
import type { MessageBody } from '../../src/base/message-body.ts';
import type { Invocation } from '../../src/bot/handlers.ts';
import type { Subcommand } from '../../src/bot/slash-command.ts';
import type { FinalOutcome } from '../../src/delivery/delivery-batch.ts';
import { messageLink } from '../../src/polls/message.ts';
import type { Poll } from '../../src/polls/poll.ts';
import { checkMaxChoices, checkOptions, checkQuestion, checkTimes } from '../../src/polls/poll-input.ts';
import { assertRoomForPoll } from '../../src/polls/poll-room.ts';
import { createPoll, discardPoll, findPoll, type NewPoll } from '../../src/polls/poll-store.ts';
import { oneServer } from '../../src/polls/scope.ts';
import { pollTitle } from '../../src/polls/text.ts';
import { checkZone, parseWhen } from '../../src/polls/time.ts';
import { adminScope } from './admin-scope.ts';
import { checkChannel } from './check-channel.ts';
import { checkPingRole } from './check-ping-role.ts';
import { createDefinition } from './create-definition.ts';
import type { PollServices } from './poll-services.ts';

/**
 * How long the answer waits for the message, in ms. Until then an admin who made many polls at once sees that the bot
 * is still at work. Each answer has its link.
 */
const withinMs = 120_000;

/** `/poll create` */
export function createSubcommand(services: PollServices): Subcommand {
  return {
    definition: createDefinition,
    acknowledge: 'private',
    run: (invocation) => create(services, invocation),
  };
}

/** Commits the poll, then waits for its message. An answer with a link means that the message is there. */
async function create(
  services: PollServices,
  invocation: Invocation<ChatInputCommandInteraction>,
): Promise<MessageBody> {
  const { caller } = invocation;
  adminScope(caller);
  await assertRoomForPoll(services.db, caller.serverId, services.pollsPerServer);
  const { poll } = await createPoll(services.db, asked(services, invocation));
  if (poll === null) throw new UserError('This poll has been created and removed again.');
  const job = { pollId: poll.id, channelId: poll.channelId, messageId: poll.messageId };
  return await answer(services, poll, await services.deliverer.deliver(job, withinMs));
}

function asked(
  services: PollServices,
  { interaction, caller }: Invocation<ChatInputCommandInteraction>,
): NewPoll {
  const { options } = interaction;
  const now = services.clock.now();
  const question = checkQuestion(options.getString('question', true));
  const labels = checkOptions(options.getString('options', true));
  const timezone = checkZone(options.getString('timezone') ?? 'UTC');
  const opens = options.getString('opens');
  const closes = options.getString('closes');
  const opensAt = opens === null ? null : parseWhen(opens, { zone: timezone, now });
  const closesAt = closes === null ? null : parseWhen(closes, { zone: timezone, now });
  checkTimes(opensAt, closesAt, now, { opens: opens ?? '', closes: closes ?? '' });
  const channelId = checkChannel(services.servers, interaction, caller);
  return {
    interactionId: caller.interactionId,
    serverId: caller.serverId,
    channelId,
    creatorId: caller.userId,
    question,
    options: labels,
    timezone,
    anonymous: options.getBoolean('anonymous') ?? false,
    maxChoices: checkMaxChoices(options.getInteger('max_choices') ?? 1, labels.length),
    pingRoleId: checkPingRole(interaction, channelId),
    opensAt,
    closesAt,
    now,
  };
}

async function answer(
  { db }: PollServices,
  created: Poll,
  outcome: FinalOutcome | null,
): Promise<MessageBody> {
  const scope = oneServer(created.serverId);
  if (outcome?.type === 'failed' && (await discardPoll(db, scope, created.id))) {
    throw new UserError(`No poll was created: ${outcome.reason} (code ${outcome.code}).`);
  }
  const poll = (await findPoll(db, scope, created.id)) ?? created;
  const link = messageLink(poll);
  const state = poll.status === 'active' ? 'is open' : `is ${poll.status}`;
  return {
    content:
      link === null
        ? `${pollTitle(poll)} ${state}. Discord is slow: its message will appear in <#${poll.channelId}> by itself.`
        : `${pollTitle(poll)} ${state}: ${link}`,
  };
}
