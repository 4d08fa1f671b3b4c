import { ChannelType, ApplicationCommandOptionType as Option } from 'discord-api-types/v10';
import { subcommandDefinition } from '../../src/bot/slash-command.ts';
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

/** What `/poll create` looks like. */
export const createDefinition = subcommandDefinition(
  'create',
  'Create a poll (admins)',
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
);
