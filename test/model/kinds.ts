import fc from 'fast-check';
import type { Kind, What } from './model.ts';

const hourMs = 3_600_000;
const roles = ['900000000000000701', '900000000000000702'] as const;

/** Every kind with the options that the model tries, and what these do, in the words of the contract. */
export const kinds: readonly Kind[] = [
  {
    name: 'close',
    options: {},
    change: (is, now) => (is.status === 'closed' ? null : { status: 'closed', closedAt: now }),
    repost: false,
  },
  {
    name: 'delete',
    options: {},
    change: (is, now) => (is.deletedAt === null ? { deletedAt: now } : null),
    repost: false,
  },
  ...[
    { options: {}, resetsVotes: false },
    { options: { extend_hours: 5 }, resetsVotes: false },
    { options: { extend_hours: 5, reset_votes: true }, resetsVotes: true },
  ].map(
    ({ options, resetsVotes }): Kind => ({
      name: 'reopen',
      options,
      change: (is, now, plannedAt) => {
        if (is.status !== 'closed') return null;
        const closesAt =
          options.extend_hours === undefined ? is.closesAt : plannedAt + options.extend_hours * hourMs;
        return opened(is, closesAt, now);
      },
      ping: 'none',
      resetsVotes,
      repost: true,
    }),
  ),
  {
    name: 'status',
    options: { to: 'closed' },
    change: (is, now) => (is.status === 'closed' ? null : { status: 'closed', closedAt: now }),
    ping: 'none',
    repost: true,
  },
  {
    name: 'status',
    options: { to: 'active', closes: '8h' },
    change: (is, now, plannedAt) => (is.status === 'active' ? null : opened(is, plannedAt + 8 * hourMs, now)),
    ping: 'opens',
    repost: true,
  },
  {
    name: 'status',
    options: { to: 'scheduled', opens: '3h', closes: '9h' },
    change: (is, now, plannedAt) => {
      const [opensAt, closesAt] = [plannedAt + 3 * hourMs, plannedAt + 9 * hourMs];
      if (is.status === 'scheduled' || opensAt <= now) return null;
      return { status: 'scheduled', opensAt, closesAt, closedAt: null };
    },
    ping: 'none',
    repost: true,
  },
  setting({ anonymous: true }, () => ({ anonymous: true })),
  setting({ anonymous: false }, () => ({ anonymous: false })),
  setting({ max_choices: 1 }, () => ({ max: 1 })),
  setting({ max_choices: 2 }, () => ({ max: 2 })),
  setting({ timezone: 'Europe/Berlin' }, () => ({ timezone: 'Europe/Berlin' })),
  setting({ closes: 'none' }, () => ({ closesAt: null })),
  setting({ closes: '6h' }, (is, now, plannedAt) => {
    const closesAt = plannedAt + 6 * hourMs;
    return closesAt <= now || (is.opensAt !== null && closesAt <= is.opensAt) ? null : { closesAt };
  }),
  setting({ ping_role: roles[1] }, () => ({ role: roles[1] })),
  { ...setting({ clear_ping_role: true }, () => ({ role: null })), ping: 'none' },
];

/** For choosing from: those that depend on votes, pings or each other more often. */
export const kindsByWeight: readonly Kind[] = [...kinds, ...kinds.filter(isIntricate)].map((kind) => ({
  ...kind,
  [fc.toStringMethod]: () => `${kind.name} ${JSON.stringify(kind.options)}`,
}));

export const firstRole = roles[0];

export const undoKind: Kind = { name: 'undo', options: {}, change: null, repost: true };

function opened(is: What, closesAt: number | null, now: number): Partial<What> | null {
  if (closesAt !== null && closesAt <= now) return null;
  const opensAt = is.opensAt !== null && is.opensAt > now ? now : is.opensAt;
  return { status: 'active', opensAt, closesAt, closedAt: null };
}

/** A setting applies if it changes something. */
function setting(
  options: Record<string, unknown>,
  becomes: (is: What, now: number, plannedAt: number) => Partial<What> | null,
): Kind {
  return {
    name: 'settings',
    options,
    change: (is, now, plannedAt) => {
      const change = becomes(is, now, plannedAt);
      const differs = Object.entries(change ?? {}).some(([key, value]) => is[key as keyof What] !== value);
      return differs ? change : null;
    },
    repost: true,
  };
}

function isIntricate({ name, options }: Kind): boolean {
  const { anonymous, reset_votes, max_choices } = options;
  return (
    ['close', 'delete'].includes(name) || anonymous === true || reset_votes === true || max_choices === 2
  );
}
