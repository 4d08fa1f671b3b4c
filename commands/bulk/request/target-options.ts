import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ChannelType,
} from 'discord-api-types/v10';
import { isDiscordId } from '../../../src/base/display/discord-id.ts';
import { discordLimits } from '../../../src/base/display/discord-limits.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { Choice } from '../../../src/bot/handlers.ts';
import { parsePollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import type { FilterName, PollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { asPollStatus, type PollStatus, pollStatuses } from '../../../src/polls/poll.ts';
import { inScope, type Scope } from '../../../src/polls/scope.ts';
import { cleanLine, quoted } from '../../../src/polls/text.ts';
import { parseWhen } from '../../../src/polls/time.ts';
import { pollListChoices } from '../../poll/poll-choices.ts';
import type { BulkServices } from './bulk-services.ts';

/** What the reading of a target option depends on. */
export interface TargetContext {
  readonly scope: Scope;
  readonly maxPolls: number;
  readonly now: Date;
  knowsServer(serverId: string): boolean;
}

/** How a filter is asked for. */
interface Target<Value> {
  readonly option: APIApplicationCommandBasicOption;
  /** The written text as the filter takes it. Throws `UserError` for what cannot be meant. */
  read(written: string, context: TargetContext): Value;
  /** What may be meant by the text typed so far, within the scope; at most 25. */
  suggest?(services: BulkServices, scope: Scope, typed: string): Promise<readonly Choice[]>;
}

/** The option of each filter: these say which polls are meant, the same for every operation. All that are given must hold. */
export const targets: { readonly [Name in FilterName]: Target<NonNullable<PollFilter[Name]>> } = {
  ids: {
    option: {
      type: ApplicationCommandOptionType.String,
      name: 'polls',
      description: 'Numbers and ranges: 12, 40-55',
      autocomplete: true,
    },
    read: (written, { maxPolls }) => parsePollNumbers(written, maxPolls),
    suggest: ({ db }, scope, typed) => pollListChoices(db, { scope }, typed),
  },
  status: {
    option: {
      type: ApplicationCommandOptionType.String,
      name: 'status',
      description: 'Only polls in this state',
      choices: pollStatuses.map((value) => ({ name: value, value })),
    },
    read: readStatus,
  },
  guildId: {
    option: {
      type: ApplicationCommandOptionType.String,
      name: 'server',
      description: 'Only polls of this server',
      autocomplete: true,
    },
    read: readServer,
    suggest: async (services, scope, typed) =>
      (await services.serverChoices(scope, typed)).slice(0, discordLimits.choices),
  },
  channelId: {
    option: {
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
    read: (id) => id,
  },
  creatorId: {
    option: {
      type: ApplicationCommandOptionType.User,
      name: 'creator',
      description: 'Only polls created by this person',
    },
    read: (id) => id,
  },
  text: {
    option: {
      type: ApplicationCommandOptionType.String,
      name: 'text',
      description: 'Only polls whose question contains this, ignoring case',
    },
    read: readText,
  },
  createdBefore: {
    option: {
      type: ApplicationCommandOptionType.String,
      name: 'created_before',
      description: 'A date (2026-12-01 18:00, UTC) or a time ago (30d)',
    },
    read: readTimeAgo,
  },
  createdAfter: {
    option: {
      type: ApplicationCommandOptionType.String,
      name: 'created_after',
      description: 'A date (2026-12-01 18:00, UTC) or a time ago (30d)',
    },
    read: readTimeAgo,
  },
};

/** The options as a command has them. */
export const targetOptions = Object.values(targets).map(({ option }) => option);

function readStatus(value: string): PollStatus {
  const status = asPollStatus(value);
  if (status) return status;
  throw new UserError(`${quoted(value)} is no status. Allowed are \`scheduled\`, \`active\` and \`closed\`.`);
}

/** The id of the server. One on which the caller may not act is “not found”, like one that the bot is not in. */
function readServer(value: string, context: TargetContext): string {
  const id = value.trim();
  if (!isDiscordId(id) || !inScope(context.scope, id) || !context.knowsServer(id)) {
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

function readTimeAgo(value: string, { now }: TargetContext): Date {
  return parseWhen(value, { zone: 'UTC', now, durations: 'ago' });
}
