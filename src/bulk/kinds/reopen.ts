import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { z } from 'zod';
import type { Poll } from '../../polls/poll.ts';
import { discordTime } from '../../polls/time.ts';
import { defineKind } from './define-kind.ts';
import type { PollChange } from './poll-image.ts';
import { askedAt, instantOf, SkippedTime, shownTime, writtenTime } from './written-time.ts';

const hourMs = 3_600_000;
/** Ten years, as for every duration. */
const mostHours = 87_600;
const hours = `\`extend_hours\` must be more than 0 and at most ${mostHours} hours from now.`;

const params = z
  .object({
    asked_at: askedAt,
    closes: writtenTime.optional(),
    extend_hours: z.number(hours).positive(hours).max(mostHours, hours).optional(),
    reset_votes: z.boolean().default(false),
  })
  .refine(({ closes, extend_hours }) => closes === undefined || extend_hours === undefined, {
    error: 'Give either `closes` or `extend_hours`, not both: each says when the polls close.',
  });
type Params = z.infer<typeof params>;

/** Opens closed polls again. Afterwards each has a closing time in the future, or none. */
export const reopen = defineKind({
  name: 'reopen',
  words: { infinitive: 'Reopen', present: 'Reopening', past: 'reopened' },
  description: 'Open closed polls again; if the old closing time is past, say when they close',
  toolbar: 'Reopen',
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: 'closes',
      description: "When voting ends: 2026-12-01 18:00 in each poll's zone, or 3d from now",
    },
    {
      type: ApplicationCommandOptionType.Number,
      name: 'extend_hours',
      description: 'Voting ends so many hours from now; instead of closes',
      min_value: 0.01,
      max_value: mostHours,
    },
    {
      type: ApplicationCommandOptionType.Boolean,
      name: 'reset_votes',
      description: 'Start again without votes; undo brings them back',
    },
  ],
  params,
  details: ({ asked_at, closes, extend_hours, reset_votes }) => [
    ...(closes === undefined ? [] : [`closes: ${shownTime(closes, asked_at)}`]),
    ...(extend_hours === undefined
      ? []
      : [`closes: in ${extend_hours} h (${discordTime(hoursAfter(asked_at, extend_hours), 'f')})`]),
    ...(reset_votes ? ['votes: reset'] : []),
  ],
  destructive: ({ reset_votes }) => reset_votes,
  decide,
  setsVotesAside: ({ reset_votes }) => reset_votes,
  repost: true,
});

function decide(poll: Poll, asked: Params, now: Date): PollChange | string {
  if (poll.status === 'active') return 'already active';
  if (poll.status !== 'closed') return `${poll.status}; only closed polls can be reopened`;
  const closesAt = newClosingTime(poll, asked);
  if (closesAt instanceof SkippedTime) return closesAt.skipReason;
  if (closesAt !== null && closesAt <= now) {
    return asked.closes === undefined && asked.extend_hours === undefined
      ? 'closed, and its closing time has passed: give `closes` or `extend_hours`'
      : 'closed, and the closing time asked for has passed';
  }
  return reopened(poll, closesAt, now);
}

/**
 * What an active poll has beside its status. It opens now if it was to open later. Its role was pinged when it first
 * opened, so it is not pinged again.
 */
function reopened(poll: Poll, closesAt: Date | null, now: Date): PollChange {
  return {
    status: 'active',
    opens_at: poll.opensAt !== null && poll.opensAt > now ? now : poll.opensAt,
    closes_at: closesAt,
    closed_at: null,
    ping_pending: false,
  };
}

function newClosingTime(poll: Poll, { closes, extend_hours, asked_at }: Params): Date | null | SkippedTime {
  if (closes !== undefined) return instantOf(closes, poll.timezone, asked_at);
  return extend_hours !== undefined ? hoursAfter(asked_at, extend_hours) : poll.closesAt;
}

function hoursAfter(asked_at: string, hours: number): Date {
  return new Date(new Date(asked_at).getTime() + hours * hourMs);
}
