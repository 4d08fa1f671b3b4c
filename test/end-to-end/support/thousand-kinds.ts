import type { OptionValues } from '../../../sandbox/people/slash-data.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import type { PollStatus } from '../../../src/polls/poll.ts';
import { isClosed, isOpen } from '../progress-frames.ts';
import type { PollRow } from './polls-dump.ts';

/** Polls 1 to 1000 are closed, those to 1800 active, those to 2000 scheduled: each kind finds a thousand it applies to. */
export function statusOf(number: number): PollStatus {
  if (number <= 1000) return 'closed';
  return number <= 1800 ? 'active' : 'scheduled';
}

export const pollCount = 2000;

/** When an operation ran, in Unix milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A kind of operation that changes polls, and what it makes of them. */
export interface ThousandKind {
  readonly name: string;
  readonly options: (roleId: string) => OptionValues;
  /** The first of its thousand polls. */
  readonly first: number;
  /** What has to be typed; null: `Confirm` is enough. */
  readonly phrase: string | null;
  /** The columns of a poll that it changes. An instant that lies in the span is taken from the row `after`. */
  readonly becomes: (before: PollRow, after: PollRow, span: Span, roleId: string) => Partial<PollRow>;
  /** Whether the polls lose their votes. */
  readonly resetsVotes?: true;
  /** What people see of such a poll, beyond that its message is what the bot renders; null: it has no message. */
  readonly looks: ((message: SandboxMessage, row: PollRow) => boolean) | null;
}

/** 2035-06-01 18:00 in the zones of the polls; a day later it is the same there. */
const evening: Readonly<Record<string, string>> = {
  UTC: '18:00',
  'Europe/Berlin': '16:00',
  'America/New_York': '22:00',
  'Asia/Kolkata': '12:30',
  'Australia/Lord_Howe': '07:30',
  'Asia/Tokyo': '09:00',
};

function eveningOf(dayOfJune: 1 | 2, zone: string): string {
  return `2035-06-0${dayOfJune}T${evening[zone]}:00+00:00`;
}

function within({ from, to }: Span, instant: string | null): string {
  const at = Date.parse(instant ?? '');
  return at >= from && at <= to ? instant! : `between ${new Date(from).toISOString()} and ${new Date(to)}`;
}

const disabled = (message: SandboxMessage) => message.buttons.every((button) => button.disabled);

export const thousandKinds: readonly ThousandKind[] = [
  {
    name: 'close',
    options: () => ({}),
    first: 1001,
    phrase: 'CLOSE 1000',
    becomes: (_before, { closed_at, status_since }, span) => ({
      status: 'closed',
      status_since: within(span, status_since),
      closed_at: within(span, closed_at),
    }),
    looks: isClosed,
  },
  {
    name: 'settings',
    options: (roleId) => ({
      timezone: 'Asia/Tokyo',
      max_choices: 2,
      closes: '2035-06-01 18:00',
      ping_role: roleId,
    }),
    first: 851,
    phrase: null,
    becomes: (_before, _after, _span, roleId) => ({
      timezone: 'Asia/Tokyo',
      max_choices: 2,
      closes_at: eveningOf(1, 'Asia/Tokyo'),
      ping_role_id: roleId,
    }),
    looks: ({ text }, { status }) =>
      text.includes('up to 2 choices') &&
      text.includes('2035-06-01 18:00 Asia/Tokyo') === (status !== 'closed'),
  },
  {
    name: 'reopen',
    options: () => ({ closes: '2035-06-01 18:00', reset_votes: true }),
    first: 1,
    phrase: null,
    becomes: ({ timezone }, { status_since }, span) => ({
      status: 'active',
      status_since: within(span, status_since),
      closes_at: eveningOf(1, timezone),
      closed_at: null,
    }),
    resetsVotes: true,
    looks: (message, { timezone, anonymous }) =>
      isOpen(message) &&
      message.text.includes(`2035-06-01 18:00 ${timezone}`) &&
      message.text.includes('0 voters') === !anonymous,
  },
  {
    name: 'status',
    options: () => ({ to: 'scheduled', opens: '2035-06-01 18:00', closes: '2035-06-02 18:00' }),
    first: 501,
    phrase: null,
    becomes: ({ timezone }, { status_since }, span) => ({
      status: 'scheduled',
      status_since: within(span, status_since),
      opens_at: eveningOf(1, timezone),
      closes_at: eveningOf(2, timezone),
      closed_at: null,
    }),
    looks: (message, { timezone }) =>
      message.text.includes(`Opens <t:`) &&
      message.text.includes(`2035-06-01 18:00 ${timezone}`) &&
      message.buttons.length >= 2 &&
      disabled(message),
  },
  {
    name: 'delete',
    options: () => ({}),
    first: 851,
    phrase: 'DELETE 1000',
    becomes: (_before, { deleted_at }, span) => ({ deleted_at: within(span, deleted_at), message_id: null }),
    looks: null,
  },
];
