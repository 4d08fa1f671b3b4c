import type {
  APIActionRowComponent,
  APIButtonComponentWithCustomId,
  APIComponentInMessageActionRow,
  APIMessage,
} from 'discord-api-types/v10';
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { customIds } from '../base/custom-ids/custom-ids.ts';
import { discordLimits } from '../base/display/discord-limits.ts';
import { embedColours } from '../base/display/embed-colours.ts';
import { firstThatFits } from '../base/display/first-that-fits.ts';
import { counted } from '../base/display/plural.ts';
import type { MessageBody } from '../base/message-body.ts';
import type { Poll, Tally } from './poll.ts';
import { questionMax } from './poll-input.ts';
import { cut, escapeText, plainLabel } from './text.ts';
import { discordTime, timeInZone } from './time.ts';

const barCells = 10;
const winnersNamed = 3;
/** How many characters of each option are shown: from whole ones to what always fits. */
const optionLengths = [200, 120, 80, 60, 40, 25] as const;
const colours = {
  scheduled: embedColours.scheduled,
  active: embedColours.plain,
  closed: embedColours.closed,
} as const;

/**
 * A poll's Discord message: the question, its options with their votes, and a button for each option. Only an active
 * poll has enabled buttons. An anonymous poll shows no votes before it is closed. The message stays within Discord's
 * limits, whatever the texts are.
 */
export function renderPoll(poll: Poll, tally: Tally): MessageBody {
  return {
    content: '',
    embeds: [
      {
        color: colours[poll.status],
        description: description(poll, tally),
        footer: { text: footer(poll, tally) },
      },
    ],
    components: poll.status === 'closed' ? [] : buttonRows(poll),
  };
}

/** The message that pings a poll's role when it opens. It says when that was, so that a later ping is told from it. */
export function pingMessage(poll: Poll, opening: Date): MessageBody {
  if (poll.pingRoleId === null) throw new Error(`Poll ${poll.id} has no role to ping`);
  const link = messageLink(poll);
  const lines = [
    `<@&${poll.pingRoleId}> Poll #${poll.id} is open: ${escapeText(cut(poll.question, 200))}`,
    ...(link === null ? [] : [link]),
    openedLine(opening),
  ];
  return { content: lines.join('\n'), mentionRoleId: poll.pingRoleId };
}

function openedLine(opening: Date): string {
  return `-# Opened ${discordTime(opening, 'R')}`;
}

/** Whether a message of ours shows the poll. The buttons name the poll, or the footer if it is closed. */
export function isMessageOf(
  { id }: Pick<Poll, 'id'>,
  message: Pick<APIMessageParts, 'embeds' | 'components'>,
): boolean {
  const votedOn = (customId: string) => customIds.vote.decode(customId)?.poll;
  if (customIdsIn(message).some((customId) => votedOn(customId) === id)) return true;
  return (message.embeds ?? []).some(({ footer }) => footer?.text.startsWith(`#${id} · `));
}

function customIdsIn({ components = [] }: Pick<APIMessageParts, 'components'>): string[] {
  return components
    .flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []))
    .flatMap((part) => ('custom_id' in part ? [part.custom_id] : []));
}

/** Whether a message of ours is the ping for this opening of the poll. */
export function isPingOf(
  { id }: Pick<Poll, 'id'>,
  opening: Date,
  { content = '' }: Pick<APIMessageParts, 'content'>,
): boolean {
  return (
    new RegExp(`^<@&\\d+> Poll #${id} is open: `).test(content) &&
    content.endsWith(`\n${openedLine(opening)}`)
  );
}

type APIMessageParts = Partial<Pick<APIMessage, 'content' | 'embeds' | 'components'>>;

/** The address of a poll's message; null if it has none. */
export function messageLink(poll: Pick<Poll, 'serverId' | 'channelId' | 'messageId'>): string | null {
  if (poll.messageId === null) return null;
  return `https://discord.com/channels/${poll.serverId}/${poll.channelId}/${poll.messageId}`;
}

/** Whether a poll's votes may be seen, by anybody. */
function showsTally(poll: Poll): boolean {
  return poll.status === 'closed' || (poll.status === 'active' && !poll.anonymous);
}

/** The options are cut as far as needed: twenty long ones do not fit whole. */
function description(poll: Poll, tally: Tally): string {
  const head = `### ${escapeText(cut(poll.question, questionMax))}\n${state(poll)}`;
  const text = firstThatFits(
    discordLimits.embedDescription,
    optionLengths
      .values()
      .map((most) => [head, ...optionLines(poll, tally, most), ...result(poll, tally, most)].join('\n')),
  );
  if (text.length <= discordLimits.embedDescription) return text;
  throw new Error(`Poll ${poll.id} does not fit into a message`);
}

function state(poll: Poll): string {
  const lines: string[] = [];
  if (poll.status === 'scheduled')
    lines.push(poll.opensAt ? `Opens ${time(poll.opensAt, poll.timezone)}` : 'Not open yet');
  if (poll.status === 'closed')
    lines.push(`This poll is **closed**${poll.closedAt ? ` ${discordTime(poll.closedAt, 'R')}` : ''}`);
  else if (poll.closesAt) lines.push(`Closes ${time(poll.closesAt, poll.timezone)}`);
  if (poll.status === 'active' && poll.anonymous)
    lines.push('Votes are secret; the result shows when the poll has ended.');
  return lines.join('\n');
}

function time(date: Date, zone: string): string {
  return `${discordTime(date, 'R')}, ${discordTime(date, 'f')} (${timeInZone(date, zone)})`;
}

function optionLines(poll: Poll, tally: Tally, labelMax: number): string[] {
  return poll.options.map((option, position) => {
    const label = `**${position + 1}.** ${escapeText(cut(option, labelMax))}`;
    return showsTally(poll) ? `${label}\n${bar(tally.counts[position] ?? 0, tally.voters)}` : label;
  });
}

/** Per cents are of the people who voted. With several choices they may add up to more than 100. */
function bar(count: number, voters: number): string {
  const share = voters === 0 ? 0 : count / voters;
  const filled = Math.min(barCells, Math.round(share * barCells));
  return `${'▰'.repeat(filled)}${'▱'.repeat(barCells - filled)} ${Math.round(share * 100)}% · ${counted(count, 'vote')}`;
}

function result(poll: Poll, tally: Tally, labelMax: number): string[] {
  if (poll.status !== 'closed') return [];
  const best = Math.max(...poll.options.map((_, position) => tally.counts[position] ?? 0));
  if (best === 0) return ['\nNobody voted.'];
  const winners = poll.options.filter((_, position) => tally.counts[position] === best);
  const named = winners.slice(0, winnersNamed).map((option) => `**${escapeText(cut(option, labelMax))}**`);
  const more = winners.length - named.length;
  const names = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return [
    `\n${winners.length === 1 ? 'Winner' : 'Tie'}: ${names} with ${counted(best, 'vote')}${winners.length > 1 ? ' each' : ''}`,
  ];
}

function footer(poll: Poll, tally: Tally): string {
  const parts = [`#${poll.id}`, poll.status];
  parts.push(poll.maxChoices === 1 ? 'one choice' : `up to ${poll.maxChoices} choices`);
  if (poll.anonymous) parts.push('anonymous');
  if (showsTally(poll)) parts.push(counted(tally.voters, 'voter'));
  return parts.join(' · ');
}

function buttonRows(poll: Poll): APIActionRowComponent<APIComponentInMessageActionRow>[] {
  const buttons = poll.options.map(
    (option, position): APIButtonComponentWithCustomId => ({
      type: ComponentType.Button,
      style: ButtonStyle.Secondary,
      custom_id: customIds.vote.encode({ poll: poll.id, position }),
      label: plainLabel(option, discordLimits.buttonLabel),
      disabled: poll.status !== 'active',
    }),
  );
  const rows: APIActionRowComponent<APIComponentInMessageActionRow>[] = [];
  for (let from = 0; from < buttons.length; from += discordLimits.buttonsPerRow) {
    rows.push({
      type: ComponentType.ActionRow,
      components: buttons.slice(from, from + discordLimits.buttonsPerRow),
    });
  }
  return rows;
}
