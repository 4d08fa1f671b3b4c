import type { Poll } from './poll.ts';
import { pollTitle } from './text.ts';

/** What a press on an option comes to. `reason` is safe to show. */
export type VoteDecision =
  | { readonly type: 'refused'; readonly reason: string }
  | {
      readonly type: 'added' | 'removed' | 'moved';
      readonly add: number | null;
      readonly remove: readonly number[];
    };

/**
 * A press on `position` by somebody whose votes are `mine`. A second press takes the vote back. With one choice a
 * press on another option moves the vote; with several a press beyond the maximum is refused.
 */
export function decideVote(poll: Poll, mine: readonly number[], position: number, now: Date): VoteDecision {
  const refusal = notVotable(poll, now);
  if (refusal !== null) return { type: 'refused', reason: refusal };
  if (poll.options[position] === undefined) {
    return { type: 'refused', reason: `${pollTitle(poll)} has no such option.` };
  }
  if (mine.includes(position)) return { type: 'removed', add: null, remove: [position] };
  if (poll.maxChoices === 1 && mine.length > 0) return { type: 'moved', add: position, remove: mine };
  if (mine.length >= poll.maxChoices) {
    return {
      type: 'refused',
      reason: `${pollTitle(poll)} allows ${poll.maxChoices} choices, and you have made them. Press one of your options again to take it back first.`,
    };
  }
  return { type: 'added', add: position, remove: [] };
}

/** A time that has come counts also before the scheduler has seen it. */
function notVotable(poll: Poll, now: Date): string | null {
  if (poll.status === 'closed' || (poll.closesAt !== null && poll.closesAt <= now)) {
    return `${pollTitle(poll)} is closed, so votes no longer change.`;
  }
  if (poll.status === 'scheduled') {
    const opens =
      poll.opensAt !== null && poll.opensAt > now
        ? `<t:${Math.floor(poll.opensAt.getTime() / 1000)}:R>`
        : 'in a moment';
    return `${pollTitle(poll)} is not open yet; it opens ${opens}.`;
  }
  return null;
}
