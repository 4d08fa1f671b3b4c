import type { BaseInteraction, ChatInputCommandInteraction } from 'discord.js';
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { MessageBody } from '../../src/base/message-body.ts';
import { customId } from '../../src/bot/custom-id.ts';
import type { Caller, PressHandler } from '../../src/bot/handlers.ts';
import { messageLink } from '../../src/polls/message.ts';
import { asPollStatus, type Poll, type PollStatus } from '../../src/polls/poll.ts';
import { listPolls } from '../../src/polls/poll-store.ts';
import { oneServer } from '../../src/polls/scope.ts';
import { cut, escapeText } from '../../src/polls/text.ts';
import { discordTime } from '../../src/polls/time.ts';
import type { PollServices } from './services.ts';
import { visibleChannelIds } from './visible-channels.ts';

const action = 'poll-list';
const pageSize = 10;

export async function listCommand(
  services: PollServices,
  interaction: ChatInputCommandInteraction,
  caller: Caller,
): Promise<MessageBody> {
  return await page(
    services,
    interaction,
    caller,
    asPollStatus(interaction.options.getString('status')) ?? null,
    null,
  );
}

/** Turns the pages of `/poll list`. */
export function listPress(services: PollServices): PressHandler {
  return {
    action,
    acknowledge: 'self',
    run: async (interaction, [status, after], caller, respond) => {
      const afterId = Number(after);
      await respond.update(
        await page(services, interaction, caller, asPollStatus(status) ?? null, afterId > 0 ? afterId : null),
      );
    },
  };
}

async function page(
  { db, servers }: PollServices,
  interaction: BaseInteraction,
  caller: Caller,
  status: PollStatus | null,
  afterId: number | null,
): Promise<MessageBody> {
  const found = await listPolls(db, caller.scope ?? oneServer(caller.guildId), {
    ...(status && { status }),
    ...(caller.scope === null && { channelIds: visibleChannelIds(interaction) }),
    ...(afterId !== null && { afterId }),
    limit: pageSize + 1,
  });
  const polls = found.slice(0, pageSize);
  const serverOf = (poll: Poll) =>
    poll.guildId === caller.guildId ? null : (servers.guildName(poll.guildId) ?? poll.guildId);
  const none = `There are no ${afterId === null ? '' : 'more '}${status ?? ''} polls${caller.scope === null ? ' that you can see' : ''}.`;
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
    components: buttons(
      status ?? 'all',
      afterId,
      found.length > pageSize ? (polls.at(-1)?.id ?? null) : null,
    ),
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

function buttons(
  status: string,
  afterId: number | null,
  nextAfterId: number | null,
): NonNullable<MessageBody['components']> {
  const button = (label: string, target: number) =>
    ({
      type: ComponentType.Button,
      style: ButtonStyle.Secondary,
      label,
      custom_id: customId(action, status, target),
    }) as const;
  const shown = [
    ...(afterId === null ? [] : [button('Newest', 0)]),
    ...(nextAfterId === null ? [] : [button('Older', nextAfterId)]),
  ];
  return shown.length === 0 ? [] : [{ type: ComponentType.ActionRow, components: shown }];
}
