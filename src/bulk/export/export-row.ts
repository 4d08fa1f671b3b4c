import { DateTime } from 'luxon';
import { messageLink } from '../../polls/message.ts';
import type { Poll, Tally } from '../../polls/poll.ts';
import type { ExportWish } from '../kinds/operation-kind.ts';
import type { Names } from '../words/naming.ts';

/**
 * One poll of an export. Instants are ISO 8601: in UTC (`…Z`), and as `…_local` in the poll's own zone with its offset.
 * Ids are Discord's. Names are null where the bot does not know them.
 */
export interface ExportRow {
  readonly number: number;
  /** Verbatim. */
  readonly question: string;
  readonly status: Poll['status'];
  readonly server_id: string;
  readonly server: string | null;
  readonly channel_id: string;
  readonly channel: string | null;
  readonly creator_id: string;
  /** The address of its message. */
  readonly link: string | null;
  readonly timezone: string;
  readonly anonymous: boolean;
  readonly max_choices: number;
  readonly ping_role_id: string | null;
  readonly created_at: string;
  readonly created_at_local: string;
  readonly opens_at: string | null;
  readonly opens_at_local: string | null;
  readonly closes_at: string | null;
  readonly closes_at_local: string | null;
  readonly closed_at: string | null;
  readonly closed_at_local: string | null;
  /** How many people voted; null while that is secret. */
  readonly people: number | null;
  readonly options: readonly ExportOption[];
}

export interface ExportOption {
  readonly text: string;
  /** Null while the votes are secret: in an anonymous poll that is not closed. */
  readonly votes: number | null;
  /** Ids in the order of their votes; only where asked for, and null in an anonymous poll. */
  readonly voters?: readonly string[] | null;
}

/** A poll as it was read in one moment. `voters`: by option; null where they are not to be told. */
export interface ReadPoll {
  readonly poll: Poll;
  readonly tally: Tally;
  readonly voters: readonly (readonly string[])[] | null;
}

/** What an export tells of a poll. Anonymity is kept here too, whatever was read. */
export function exportRow({ poll, tally, voters }: ReadPoll, wish: ExportWish, names: Names): ExportRow {
  const secret = poll.anonymous && poll.status !== 'closed';
  const local = (date: Date | null) => date && DateTime.fromJSDate(date, { zone: poll.timezone }).toISO();
  const utc = (date: Date | null) => date?.toISOString() ?? null;
  return {
    number: poll.id,
    question: poll.question,
    status: poll.status,
    server_id: poll.guildId,
    server: names.guild(poll.guildId),
    channel_id: poll.channelId,
    channel: names.channel(poll.channelId)?.name ?? null,
    creator_id: poll.creatorId,
    link: messageLink(poll),
    timezone: poll.timezone,
    anonymous: poll.anonymous,
    max_choices: poll.maxChoices,
    ping_role_id: poll.pingRoleId,
    created_at: poll.createdAt.toISOString(),
    created_at_local: local(poll.createdAt)!,
    opens_at: utc(poll.opensAt),
    opens_at_local: local(poll.opensAt),
    closes_at: utc(poll.closesAt),
    closes_at_local: local(poll.closesAt),
    closed_at: utc(poll.closedAt),
    closed_at_local: local(poll.closedAt),
    people: secret ? null : tally.voters,
    options: poll.options.map((text, position) => ({
      text,
      votes: secret ? null : (tally.counts[position] ?? 0),
      ...(wish.voters && { voters: poll.anonymous ? null : (voters?.[position] ?? []) }),
    })),
  };
}
