import type { BaseInteraction } from 'discord.js';
import { ApplicationCommandOptionType, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { customIds } from '../../src/base/custom-ids/custom-ids.ts';
import type { MessageBody } from '../../src/base/message-body.ts';
import type { Invocation, PressHandler } from '../../src/bot/handlers.ts';
import { onPress } from '../../src/bot/on-press.ts';
import { type Subcommand, subcommandDefinition } from '../../src/bot/slash-command.ts';
import { messageLink } from '../../src/polls/message.ts';
import { asPollStatus, type Poll, type PollStatus, pollStatuses } from '../../src/polls/poll.ts';
import { listPolls } from '../../src/polls/poll-store.ts';
import { oneServer } from '../../src/polls/scope.ts';
import { cut, escapeText } from '../../src/polls/text.ts';
import { discordTime } from '../../src/polls/time.ts';
import type { PollServices } from './poll-services.ts';
import { visibleChannelIds } from './visible-channels.ts';

const pageSize = 10;

/** `/poll list` */
export function listSubcommand(services: PollServices): Subcommand {
  return {
    definition: subcommandDefinition('list', 'List polls, newest first', {
      type: ApplicationCommandOptionType.String,
      name: 'status',
      description: 'Only polls with this status',
      choices: pollStatuses.map((status) => ({ name: status, value: status })),
    }),
    acknowledge: 'private',
    run: (invocation) => {
      const status = asPollStatus(invocation.interaction.options.getString('status')) ?? null;
      return page(services, invocation, { status, after: null });
    },
  };
}

/** Turns the pages of `/poll list`. A wrong status or poll number is ignored. */
export function listPress(services: PollServices): PressHandler {
  return onPress(customIds.pollList, {
    acknowledge: 'self',
    run: async (invocation, { status, after }) => {
      const query = { status: asPollStatus(status) ?? null, after: after > 0 ? after : null };
      await invocation.respond.update(await page(services, invocation, query));
    },
  });
}

interface ListQuery {
  readonly status: PollStatus | null;
  /** The page begins after the poll with this number; null: with the newest. */
  readonly after: number | null;
}

async function page(
  { db, servers }: PollServices,
  { interaction, caller }: Invocation<BaseInteraction>,
  { status, after }: ListQuery,
): Promise<MessageBody> {
  const found = await listPolls(db, caller.scope ?? oneServer(caller.serverId), {
    ...(status && { status }),
    ...(caller.scope === null && { channelIds: visibleChannelIds(interaction) }),
    ...(after !== null && { afterId: after }),
    limit: pageSize + 1,
  });
  const polls = found.slice(0, pageSize);
  const serverOf = (poll: Poll) =>
    poll.serverId === caller.serverId ? null : (servers.serverName(poll.serverId) ?? poll.serverId);
  const none = `There are no ${after === null ? '' : 'more '}${status ?? ''} polls${caller.scope === null ? ' that you can see' : ''}.`;
  return {
    embeds: [
      {
        title: status === null ? 'Polls' : `Polls: ${status}`,
        description:
          polls.length === 0
            ? none.replace('  ', ' ')
            : polls.map((poll) => line(poll, serverOf(poll))).join('\n'),
      },
    ],
    components: buttons({ status, after }, found.length > pageSize ? (polls.at(-1)?.id ?? null) : null),
  };
}

function line(poll: Poll, server: string | null): string {
  const link = messageLink(poll);
  const number = link === null ? `**#${poll.id}**` : `[**#${poll.id}**](${link})`;
  const where = server === null ? `<#${poll.channelId}>` : escapeText(cut(server, 50));
  const when =
    poll.status === 'scheduled' && poll.opensAt
      ? `, opens ${discordTime(poll.opensAt, 'R')}`
      : poll.status === 'active' && poll.closesAt
        ? `, closes ${discordTime(poll.closesAt, 'R')}`
        : '';
  return `${number} · ${poll.status}${when} · ${where} · ${escapeText(cut(poll.question, 60))}`;
}

/** `next`: the poll after which the next page begins; null if there is no next page. */
function buttons({ status, after }: ListQuery, next: number | null): NonNullable<MessageBody['components']> {
  const button = (label: string, target: number) =>
    ({
      type: ComponentType.Button,
      style: ButtonStyle.Secondary,
      label,
      custom_id: customIds.pollList.encode({ status: status ?? 'all', after: target }),
    }) as const;
  const shown = [
    ...(after === null ? [] : [button('Newest', 0)]),
    ...(next === null ? [] : [button('Older', next)]),
  ];
  return shown.length === 0 ? [] : [{ type: ComponentType.ActionRow, components: shown }];
}
