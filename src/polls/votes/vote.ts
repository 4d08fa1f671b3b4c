import { pollTitle } from '../text.ts';

/** Somebody presses an option of a poll's message. */
export interface VotePress {
  readonly pollId: number;
  /** The option, from 0. */
  readonly position: number;
  readonly userId: string;
  readonly interactionId: string;
  /** Where the pressed button is. The poll is believed only if this is its own message. */
  readonly serverId: string;
  readonly channelId: string;
  readonly messageId: string;
}

/** What an answer to its voters says of a poll. */
export interface VotedPoll {
  readonly id: number;
  readonly channelId: string;
  readonly messageId: string | null;
}

export type VoteResult =
  | { readonly type: 'not found' }
  /** `reason` is safe to show. */
  | { readonly type: 'refused'; readonly reason: string }
  /** `unchanged`: this interaction has been handled before. */
  | {
      readonly type: 'added' | 'removed' | 'moved' | 'unchanged';
      readonly poll: VotedPoll;
      /** The user's votes now, ascending, and the texts of these options. */
      readonly choices: readonly number[];
      readonly labels: readonly string[];
    };

/** Why the rules refuse a press. `cast_votes` in `migrations/` applies them. */
export type VoteRefusal = 'closed' | 'scheduled' | 'no option' | 'full';

/** The poll that refuses a press. */
export interface RefusingPoll {
  readonly id: number;
  readonly question: string;
  readonly maxChoices: number;
  /** Null if it does not open by itself, or is about to. */
  readonly opensAt: Date | null;
}

/** What the user is told. */
export function refusalText(refusal: VoteRefusal, poll: RefusingPoll): string {
  const title = pollTitle(poll);
  switch (refusal) {
    case 'closed':
      return `${title} is closed, so votes no longer change.`;
    case 'scheduled':
      return `${title} is not open yet; it opens ${opening(poll)}.`;
    case 'no option':
      return `${title} has no such option.`;
    case 'full':
      return `${title} allows ${poll.maxChoices} choices, and you have made them. Press one of your options again to take it back first.`;
  }
}

function opening({ opensAt }: RefusingPoll): string {
  return opensAt !== null ? `<t:${Math.floor(opensAt.getTime() / 1000)}:R>` : 'in a moment';
}
