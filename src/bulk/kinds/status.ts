import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { z } from 'zod';
import { canBecome, type Poll, pollStatuses } from '../../polls/poll.ts';
import { defineKind } from './define-kind.ts';
import type { PollChange } from './poll-image.ts';
import { askedAt, instantOf, SkippedTime, shownTime, writtenTime } from './written-time.ts';

const params = z
  .object({
    asked_at: askedAt,
    to: z.enum(pollStatuses, '`to` must be `scheduled`, `active` or `closed`.'),
    opens: writtenTime.optional(),
    closes: writtenTime.optional(),
  })
  .refine(({ to, opens }) => opens === undefined || to === 'scheduled', {
    error: '`opens` goes with `to: scheduled` alone: an active poll is open, a closed one does not open.',
  })
  .refine(({ to, closes }) => closes === undefined || to !== 'closed', {
    error: '`closes` goes with `to: scheduled` or `to: active`: with `to: closed` the polls close now.',
  });
type Params = z.infer<typeof params>;

/**
 * Moves polls to another status, if that transition exists. A scheduled poll opens by itself, after now and before it
 * closes. An active one closes in the future or never.
 */
export const status = defineKind({
  name: 'status',
  words: { infinitive: 'Change the status of', present: 'Changing the status of', past: 'changed' },
  description: 'Make many polls scheduled, active or closed',
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: 'to',
      description: 'What they become',
      required: true,
      choices: pollStatuses.map((value) => ({ name: value, value })),
    },
    {
      type: ApplicationCommandOptionType.String,
      name: 'opens',
      description: "With to: scheduled: 2026-12-01 18:00 in each poll's zone, or 2h30m from now",
    },
    {
      type: ApplicationCommandOptionType.String,
      name: 'closes',
      description: "When voting ends: 2026-12-01 18:00 in each poll's zone, or 3d from now",
    },
  ],
  params,
  details: ({ asked_at, to, opens, closes }) => [
    `status: ${to}`,
    ...(opens === undefined ? [] : [`opens: ${shownTime(opens, asked_at)}`]),
    ...(closes === undefined ? [] : [`closes: ${shownTime(closes, asked_at)}`]),
  ],
  destructive: ({ to }) => to === 'closed',
  phrase: ({ to }, count) => (to === 'closed' && count > 100 ? `CLOSE ${count}` : null),
  decide,
  repost: true,
});

function decide(poll: Poll, asked: Params, now: Date): PollChange | string {
  const { to } = asked;
  if (poll.status === to) {
    return asked.opens === undefined && asked.closes === undefined
      ? `already ${to}`
      : `already ${to}, so its times stay (\`/bulk settings\` changes \`closes\`)`;
  }
  if (!canBecome(poll.status, to)) return `${poll.status}, and cannot become ${to}`;
  if (to === 'closed') return { status: to, closed_at: now, ping_pending: false };
  const opensAt = newTime(asked.opens, poll.opensAt, poll, asked);
  const closesAt = newTime(asked.closes, poll.closesAt, poll, asked);
  if (opensAt instanceof SkippedTime) return opensAt.skipReason;
  if (closesAt instanceof SkippedTime) return closesAt.skipReason;
  const times = { opensAt, closesAt, now };
  return to === 'scheduled' ? scheduled(asked, times) : active(poll, asked, times);
}

/** The time asked for, or else the poll's own. */
function newTime(
  asked: string | undefined,
  own: Date | null,
  { timezone }: Poll,
  { asked_at }: Params,
): Date | null | SkippedTime {
  return asked === undefined ? own : instantOf(asked, timezone, asked_at);
}

interface Times {
  readonly opensAt: Date | null;
  readonly closesAt: Date | null;
  readonly now: Date;
}

function scheduled(asked: Params, { opensAt, closesAt, now }: Times): PollChange | string {
  if (opensAt === null || opensAt <= now) {
    return asked.opens === undefined
      ? 'has no opening time in the future: give `opens`'
      : 'the opening time asked for has passed';
  }
  if (closesAt !== null && closesAt <= opensAt) {
    return asked.closes === undefined
      ? 'would close before it opens: give `closes`'
      : '`closes` is not after `opens`';
  }
  return {
    status: 'scheduled',
    opens_at: opensAt,
    closes_at: closesAt,
    closed_at: null,
    ping_pending: false,
  };
}

function active(poll: Poll, asked: Params, { opensAt, closesAt, now }: Times): PollChange | string {
  if (closesAt !== null && closesAt <= now) {
    return asked.closes === undefined
      ? `${poll.status}, and its closing time has passed: give \`closes\``
      : 'the closing time asked for has passed';
  }
  return {
    status: 'active',
    // It opens now if it was to open later.
    opens_at: opensAt !== null && opensAt > now ? now : opensAt,
    closes_at: closesAt,
    closed_at: null,
    // A role is pinged when its poll opens, not when it opens again.
    ping_pending: poll.status === 'scheduled' && poll.pingRoleId !== null,
  };
}
