import type { ChatInputCommandInteraction } from 'discord.js';
import { UserError } from '../../src/base/errors.ts';
import type { MessageBody } from '../../src/base/message-body.ts';
import type { Caller } from '../../src/bot/caller.ts';
import type { Invocation } from '../../src/bot/handlers.ts';
import { type Subcommand, subcommandDefinition } from '../../src/bot/slash-command.ts';
import { messageLink, renderPoll } from '../../src/polls/message.ts';
import type { Poll } from '../../src/polls/poll.ts';
import { findPoll, tallies } from '../../src/polls/poll-store.ts';
import { oneServer } from '../../src/polls/scope.ts';
import { escapeText } from '../../src/polls/text.ts';
import { discordTime } from '../../src/polls/time.ts';
import { pollOption } from './poll-option.ts';
import type { PollServices } from './poll-services.ts';
import { visibleChannelIds } from './visible-channels.ts';

/** `/poll show` */
export function showSubcommand(services: PollServices): Subcommand {
  return {
    definition: subcommandDefinition('show', 'Show a poll', pollOption),
    acknowledge: 'private',
    run: (invocation) => show(services, invocation),
  };
}

/** A poll as its message shows it, with what the message does not say. Anonymous votes stay secret here too. */
async function show(
  services: PollServices,
  { interaction, caller }: Invocation<ChatInputCommandInteraction>,
): Promise<MessageBody> {
  const id = interaction.options.getInteger('poll', true);
  const poll = await findPoll(services.db, caller.scope ?? oneServer(caller.serverId), id);
  const hidden =
    poll !== null && caller.scope === null && !visibleChannelIds(interaction).includes(poll.channelId);
  if (poll === null || hidden) throw new UserError(`Poll #${id} was not found.`);
  const tally = (await tallies(services.db, [id])).get(id);
  if (tally === undefined) throw new Error(`Poll ${id} has no options`);
  const { embeds = [] } = renderPoll(poll, tally);
  return { content: about(services, poll, caller), embeds };
}

function about({ servers }: PollServices, poll: Poll, caller: Caller): string {
  const server =
    poll.serverId === caller.serverId
      ? ''
      : ` of ${escapeText(servers.serverName(poll.serverId) ?? poll.serverId)}`;
  const lines = [
    `Poll #${poll.id} is ${poll.status}, in <#${poll.channelId}>${server}, created by <@${poll.creatorId}> ${discordTime(poll.createdAt, 'R')}.`,
    `Time zone ${poll.timezone}${poll.pingRoleId === null ? '' : `, pings <@&${poll.pingRoleId}> when it opens`}.`,
  ];
  if (poll.heldBy !== null) lines.push(`Operation #${poll.heldBy} is working on it.`);
  const link = messageLink(poll);
  lines.push(link !== null && !poll.messageGone ? link : 'It has no message at the moment.');
  return lines.join('\n');
}
