import type { ChatInputCommandInteraction } from 'discord.js';
import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ChannelType,
} from 'discord-api-types/v10';
import { UserError } from '../../../src/base/errors.ts';
import { chosenId } from '../../../src/bot/chosen-id.ts';
import { parsePollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import type { PollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { asPollStatus, type PollStatus, pollStatuses } from '../../../src/polls/poll.ts';
import { inScope, type Scope } from '../../../src/polls/scope.ts';
import { cleanLine, quoted } from '../../../src/polls/text.ts';
import { parseWhen } from '../../../src/polls/time.ts';

/** The options that say which polls are meant, the same for every operation. All that are given must hold. */
export const targetOptions: readonly APIApplicationCommandBasicOption[] = [
  {
    type: ApplicationCommandOptionType.String,
    name: 'polls',
    description: 'Numbers and ranges: 12, 40-55',
    autocomplete: true,
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'status',
    description: 'Only polls in this state',
    choices: pollStatuses.map((value) => ({ name: value, value })),
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'server',
    description: 'Only polls of this server',
    autocomplete: true,
  },
  {
    type: ApplicationCommandOptionType.Channel,
    name: 'channel',
    description: 'Only polls in this channel',
    channel_types: [
      ChannelType.GuildText,
      ChannelType.GuildAnnouncement,
      ChannelType.PublicThread,
      ChannelType.PrivateThread,
      ChannelType.AnnouncementThread,
      ChannelType.GuildVoice,
      ChannelType.GuildStageVoice,
    ],
  },
  {
    type: ApplicationCommandOptionType.User,
    name: 'creator',
    description: 'Only polls created by this person',
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'text',
    description: 'Only polls whose question contains this, ignoring case',
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'created_before',
    description: 'A date (2026-12-01 18:00, UTC) or a time ago (30d)',
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'created_after',
    description: 'A date (2026-12-01 18:00, UTC) or a time ago (30d)',
  },
];

export interface TargetContext {
  readonly scope: Scope;
  readonly maxPolls: number;
  readonly now: Date;
  knowsServer(guildId: string): boolean;
}

/** What was written, for the audit, and the filter it means; both empty where no target option was used. Throws `UserError` for what cannot be meant. */
export function readTargets(
  { options }: ChatInputCommandInteraction,
  context: TargetContext,
): { targets: Record<string, string>; filter: PollFilter } {
  const written: Record<string, string | null> = {
    polls: options.getString('polls'),
    status: options.getString('status'),
    server: options.getString('server'),
    channel: chosenId(options, 'channel'),
    creator: chosenId(options, 'creator'),
    text: options.getString('text'),
    created_before: options.getString('created_before'),
    created_after: options.getString('created_after'),
  };
  const targets = Object.fromEntries(
    Object.entries(written).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  const { scope, now, maxPolls } = context;
  const when = (name: string) =>
    targets[name] === undefined
      ? undefined
      : parseWhen(targets[name], { zone: 'UTC', now, durations: 'ago' });
  return {
    targets: Object.fromEntries(Object.entries(targets).map(([name, value]) => [name, storable(value)])),
    filter: {
      ids: targets.polls === undefined ? undefined : parsePollNumbers(targets.polls, maxPolls),
      status: targets.status === undefined ? undefined : readStatus(targets.status),
      guildId: targets.server === undefined ? undefined : readServer(targets.server, scope, context),
      channelId: targets.channel,
      creatorId: targets.creator,
      text: targets.text === undefined ? undefined : readText(targets.text),
      createdBefore: when('created_before'),
      createdAfter: when('created_after'),
    },
  };
}

function readStatus(value: string): PollStatus {
  const status = asPollStatus(value);
  if (status) return status;
  throw new UserError(`${quoted(value)} is no status. Allowed are \`scheduled\`, \`active\` and \`closed\`.`);
}

/** A server that the caller may not act on is “not found”, like one the bot is not in. */
function readServer(value: string, scope: Scope, context: TargetContext): string {
  const id = value.trim();
  if (!/^\d{17,20}$/.test(id) || !inScope(scope, id) || !context.knowsServer(id)) {
    throw new UserError(
      `Server ${quoted(value)} was not found. Choose one from the list that \`server\` suggests.`,
    );
  }
  return id;
}

function readText(value: string): string {
  const text = cleanLine(value);
  if (text === '')
    throw new UserError('`text` is empty. Write a part of the question, or leave the option out.');
  return text;
}

/** The audit keeps what was written, shortened, and without what PostgreSQL cannot store: NUL, and half an emoji. */
function storable(value: string): string {
  return value.replaceAll('\u0000', '').slice(0, 500).toWellFormed();
}
