/**
 * What a poll is and which changes of state exist.
 *
 *   scheduled ──open──► active ──close──► closed
 *       │                 │ ▲               │ │
 *       └──────close──────┼─┼──────────────►│ │
 *   scheduled ◄─reschedule┘ └────reopen─────┘ │
 *   scheduled ◄──────────reschedule───────────┘
 *
 * Any of them can be deleted; a deleted poll comes back only by undo.
 */
export type PollStatus = (typeof pollStatuses)[number];

export const pollStatuses = ['scheduled', 'active', 'closed'] as const;

/** The status of that name; undefined if there is none. */
export function asPollStatus(name: string | null | undefined): PollStatus | undefined {
  return pollStatuses.find((status) => status === name);
}

export interface Poll {
  readonly id: number;
  readonly question: string;
  readonly options: readonly string[];
  readonly serverId: string;
  readonly channelId: string;
  readonly creatorId: string;
  readonly status: PollStatus;
  /** IANA name. */
  readonly timezone: string;
  readonly anonymous: boolean;
  readonly maxChoices: number;
  readonly pingRoleId: string | null;
  readonly opensAt: Date | null;
  readonly closesAt: Date | null;
  readonly closedAt: Date | null;
  readonly createdAt: Date;
  readonly deletedAt: Date | null;
  /** Grows when state or settings change. */
  readonly version: number;
  /** Grows with the version and with every vote. */
  readonly revision: number;
  /** The revision its Discord message is known to show. */
  readonly shownRevision: number;
  readonly messageId: string | null;
  readonly messageGone: boolean;
  /** The unfinished operation that holds it. */
  readonly heldBy: number | null;
}

/** Votes per option, in the order of `Poll.options`, and how many people voted. */
export interface Tally {
  readonly counts: readonly number[];
  readonly voters: number;
}

const transitions: Record<PollStatus, readonly PollStatus[]> = {
  scheduled: ['active', 'closed'],
  active: ['closed', 'scheduled'],
  closed: ['active', 'scheduled'],
};

export function canBecome(from: PollStatus, to: PollStatus): boolean {
  return transitions[from].includes(to);
}
