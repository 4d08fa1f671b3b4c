import {
  ChannelType,
  ApplicationCommandOptionType as Option,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import { greatestRowId } from '../../src/db/row-id.ts';
import { pollStatuses } from '../../src/polls/poll.ts';
import { optionCount, questionMax } from '../../src/polls/poll-input.ts';

/** Where polls can be posted. */
const channelTypes = [
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildVoice,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
] as const;

const poll = {
  type: Option.Integer,
  name: 'poll',
  description: 'The number of the poll',
  required: true,
  min_value: 1,
  max_value: greatestRowId,
  autocomplete: true,
} as const;

/** No default permissions: `show` and `list` are for everybody, and the others check for themselves. */
export const pollDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: 'poll',
  description: 'Create, show, list and close polls',
  options: [
    {
      type: Option.Subcommand,
      name: 'create',
      description: 'Create a poll (admins)',
      options: [
        {
          type: Option.String,
          name: 'question',
          description: 'What is asked',
          required: true,
          max_length: questionMax,
        },
        {
          type: Option.String,
          name: 'options',
          description: `${optionCount.least} to ${optionCount.most} options: A | B | C`,
          required: true,
        },
        {
          type: Option.Channel,
          name: 'channel',
          description: 'Where it is posted; by default here',
          channel_types: [...channelTypes],
        },
        {
          type: Option.String,
          name: 'opens',
          description: 'When voting begins: 2026-12-01 18:00, or 2h30m from now; by default at once',
        },
        {
          type: Option.String,
          name: 'closes',
          description: 'When voting ends: 2026-12-01 18:00, or 3d from now; by default never',
        },
        {
          type: Option.String,
          name: 'timezone',
          description: 'Of these times: Europe/Berlin, America/New_York, …; by default UTC',
          autocomplete: true,
        },
        {
          type: Option.Boolean,
          name: 'anonymous',
          description: 'Show no votes before it closes, and never who voted',
        },
        {
          type: Option.Integer,
          name: 'max_choices',
          description: 'How many options a voter may choose; by default 1',
          min_value: 1,
          max_value: optionCount.most,
        },
        { type: Option.Role, name: 'ping_role', description: 'A role to ping when it opens' },
      ],
    },
    { type: Option.Subcommand, name: 'show', description: 'Show a poll', options: [poll] },
    {
      type: Option.Subcommand,
      name: 'list',
      description: 'List polls, newest first',
      options: [
        {
          type: Option.String,
          name: 'status',
          description: 'Only polls with this status',
          choices: pollStatuses.map((status) => ({ name: status, value: status })),
        },
      ],
    },
    { type: Option.Subcommand, name: 'close', description: 'Close a poll now (admins)', options: [poll] },
  ],
};
