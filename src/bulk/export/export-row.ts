import { DateTime } from 'luxon';
import { messageLink } from '../../polls/message.ts';
import type { Poll, Tally } from '../../polls/poll.ts';
import type { ExportWish } from '../kinds/operation-kind.ts';
import type { Names } from '../words/naming.ts';

/** A poll as it was read at one moment. `voters`: by option; null if they are not to be told. */
export interface ReadPoll {
  readonly poll: Poll;
  readonly tally: Tally;
  readonly voters: readonly (readonly string[])[] | null;
}

interface Told extends ReadPoll {
  readonly names: Names;
  /** The votes are secret: the poll is anonymous and not closed. */
  readonly secret: boolean;
}

/**
 * Every column of an export, in order: its key in JSON, which is its header in CSV, and what it tells. Instants are ISO
 * 8601: in UTC (`…Z`), and as `…_local` in the poll's own zone with its offset. Ids are Discord's. Names are null if the
 * bot does not know them.
 */
const columns = {
  number: ({ poll }: Told) => poll.id,
  /** Verbatim. */
  question: ({ poll }: Told) => poll.question,
  status: ({ poll }: Told) => poll.status,
  server_id: ({ poll }: Told) => poll.serverId,
  server: ({ poll, names }: Told) => names.server(poll.serverId),
  channel_id: ({ poll }: Told) => poll.channelId,
  channel: ({ poll, names }: Told) => names.channel(poll.channelId)?.name ?? null,
  creator_id: ({ poll }: Told) => poll.creatorId,
  /** The address of its message. */
  link: ({ poll }: Told) => messageLink(poll),
  timezone: ({ poll }: Told) => poll.timezone,
  anonymous: ({ poll }: Told) => poll.anonymous,
  max_choices: ({ poll }: Told) => poll.maxChoices,
  ping_role_id: ({ poll }: Told) => poll.pingRoleId,
  created_at: ({ poll }: Told) => utc(poll.createdAt),
  created_at_local: ({ poll }: Told) => local(poll.createdAt, poll),
  opens_at: ({ poll }: Told) => utc(poll.opensAt),
  opens_at_local: ({ poll }: Told) => local(poll.opensAt, poll),
  closes_at: ({ poll }: Told) => utc(poll.closesAt),
  closes_at_local: ({ poll }: Told) => local(poll.closesAt, poll),
  closed_at: ({ poll }: Told) => utc(poll.closedAt),
  closed_at_local: ({ poll }: Told) => local(poll.closedAt, poll),
  /** How many people voted; null while that is secret. */
  people: ({ tally, secret }: Told) => (secret ? null : tally.voters),
};

/** Every column of each option. Its header in CSV is followed by the option's number: `votes_1`. */
const optionColumns = {
  text: {
    header: 'option',
    cell: ({ poll }: Told, position: number) => poll.options[position]!,
  },
  /** Null while the votes are secret. */
  votes: {
    header: 'votes',
    cell: ({ tally, secret }: Told, position: number) => (secret ? null : (tally.counts[position] ?? 0)),
  },
  /** Ids in the order of their votes; null in an anonymous poll, whatever was read. */
  voters: {
    header: 'voters',
    cell: ({ poll, voters }: Told, position: number) => (poll.anonymous ? null : (voters?.[position] ?? [])),
  },
};

type Columns = typeof columns;
type OptionColumns = typeof optionColumns;

/** What an export tells of one poll. */
export type ExportRow = { readonly [Name in keyof Columns]: ReturnType<Columns[Name]> } & {
  readonly options: readonly ExportOption[];
};

/** What it tells of one option. `voters` only if they were asked for. */
export type ExportOption = {
  readonly [Name in keyof OptionColumns]?: ReturnType<OptionColumns[Name]['cell']>;
};

/** What an export tells of a poll. */
export function exportRow(read: ReadPoll, wish: ExportWish, names: Names): ExportRow {
  const { poll } = read;
  const told: Told = { ...read, names, secret: poll.anonymous && poll.status !== 'closed' };
  const row = Object.entries(columns).map(([key, cell]) => [key, cell(told)]);
  const options = poll.options.map((_text, position) =>
    Object.fromEntries(optionColumnsOf(wish).map(({ key, cell }) => [key, cell(told, position)])),
  );
  return { ...Object.fromEntries(row), options };
}

/** The keys of the columns of a poll. */
export const columnKeys = Object.keys(columns);

/** The columns of each option, as the wish has them. */
export function optionColumnsOf({ voters }: ExportWish) {
  return Object.entries(optionColumns)
    .map(([key, column]) => ({ key, ...column }))
    .filter(({ key }) => voters || key !== 'voters');
}

function utc(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

function local(date: Date | null, { timezone }: Poll): string | null {
  return date && DateTime.fromJSDate(date, { zone: timezone }).toISO();
}
