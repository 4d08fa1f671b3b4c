import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { z } from 'zod';
import { isDiscordId } from '../../base/display/discord-id.ts';
import { UserError } from '../../base/errors.ts';
import type { Poll } from '../../polls/poll.ts';
import { optionCount } from '../../polls/poll-input.ts';
import { checkZone } from '../../polls/time.ts';
import { defineKind } from './define-kind.ts';
import type { PollChange } from './poll-image.ts';
import { askedAt, instantOf, SkippedTime, shownTime, writtenTimeOrNone } from './written-time.ts';

const choices = `\`max_choices\` must be a whole number from 1 to ${optionCount.most}, and at most the number of a poll's options.`;

const zone = z.string().transform((text, context) => {
  try {
    return checkZone(text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const params = z
  .object({
    asked_at: askedAt,
    timezone: zone.optional(),
    anonymous: z.boolean('`anonymous` must be true or false.').optional(),
    max_choices: z.int(choices).min(1, choices).max(optionCount.most, choices).optional(),
    closes: writtenTimeOrNone.optional(),
    ping_role: z.string().refine(isDiscordId, '`ping_role` must be a role.').optional(),
    clear_ping_role: z.boolean().default(false),
  })
  .refine(
    ({ asked_at, clear_ping_role, ...settings }) =>
      clear_ping_role || Object.values(settings).some((value) => value !== undefined),
    {
      error:
        'Give at least one of `timezone`, `anonymous`, `max_choices`, `closes`, `ping_role` or `clear_ping_role`.',
    },
  )
  .refine(({ ping_role, clear_ping_role }) => ping_role === undefined || !clear_ping_role, {
    error: 'Give either `ping_role` or `clear_ping_role`, not both.',
  });
type Params = z.infer<typeof params>;

/** Changes what is asked for and leaves the rest. With the timezone the times are shown differently, not moved. */
export const settings = defineKind({
  name: 'settings',
  words: { infinitive: 'Change the settings of', present: 'Changing the settings of', past: 'changed' },
  description: 'Change the settings of many polls at once',
  toolbar: 'Settings',
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: 'timezone',
      description: 'Europe/Berlin, America/New_York, …: how times are shown, and read in closes',
      autocomplete: true,
    },
    {
      type: ApplicationCommandOptionType.Boolean,
      name: 'anonymous',
      description: 'Show no votes before the close; off only if nobody has voted',
    },
    {
      type: ApplicationCommandOptionType.Integer,
      name: 'max_choices',
      description: 'How many options a voter may choose',
      min_value: 1,
      max_value: optionCount.most,
    },
    {
      type: ApplicationCommandOptionType.String,
      name: 'closes',
      description: 'When voting ends: 2026-12-01 18:00, 3d from now, or none',
    },
    {
      type: ApplicationCommandOptionType.Role,
      name: 'ping_role',
      description: 'A role to ping when a poll opens',
    },
    {
      type: ApplicationCommandOptionType.Boolean,
      name: 'clear_ping_role',
      description: 'Ping no role when a poll opens',
    },
  ],
  params,
  details: ({ asked_at, clear_ping_role, ping_role, closes, ...rest }) => [
    ...(closes === undefined
      ? []
      : [`closes: ${closes === 'none' ? closes : shownTime(closes, asked_at, rest.timezone)}`]),
    ...Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}`),
    ...(ping_role === undefined ? [] : [`ping_role: <@&${ping_role}>`]),
    ...(clear_ping_role ? ['ping_role: nobody'] : []),
  ],
  decide,
  repost: true,
});

function decide(poll: Poll, asked: Params, now: Date): PollChange | string {
  const closesAt = newClosingTime(poll, asked);
  if (closesAt instanceof SkippedTime) return closesAt.skipReason;
  const change: PollChange = {
    ...(asked.timezone !== undefined && asked.timezone !== poll.timezone && { timezone: asked.timezone }),
    ...(asked.anonymous !== undefined &&
      asked.anonymous !== poll.anonymous && { anonymous: asked.anonymous }),
    ...(asked.max_choices !== undefined &&
      asked.max_choices !== poll.maxChoices && { max_choices: asked.max_choices }),
    ...(closesAt?.getTime() !== poll.closesAt?.getTime() && { closes_at: closesAt }),
    ...newPingRole(poll, asked),
  };
  if (Object.keys(change).length === 0) return 'already has these settings';
  return refusal(poll, change, now) ?? change;
}

function newClosingTime(poll: Poll, { closes, timezone, asked_at }: Params): Date | null | SkippedTime {
  if (closes === undefined) return poll.closesAt;
  return closes === 'none' ? null : instantOf(closes, timezone ?? poll.timezone, asked_at);
}

function newPingRole(poll: Poll, { ping_role, clear_ping_role }: Params): PollChange {
  if (clear_ping_role && poll.pingRoleId !== null) return { ping_role_id: null, ping_pending: false };
  return ping_role !== undefined && ping_role !== poll.pingRoleId ? { ping_role_id: ping_role } : {};
}

/** Why the poll or its times forbid the change; null if they do not. */
function refusal(poll: Poll, change: PollChange, now: Date): string | null {
  const { max_choices: most, closes_at: closesAt } = change;
  if (most !== undefined && most > poll.options.length) return `has only ${poll.options.length} options`;
  if (closesAt && closesAt <= now) return 'the closing time asked for has passed';
  if (closesAt && poll.opensAt !== null && closesAt <= poll.opensAt) {
    return 'would close before it opens';
  }
  return null;
}
