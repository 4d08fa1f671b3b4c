import type { Poll } from '../../polls/poll.ts';
import type { PollChange } from '../kinds/poll-image.ts';

/**
 * Why an undo does not make this poll what it was before, in words that follow its number; null if it does, unless
 * its votes forbid it (`votesForbid`).
 */
export function restoreSkipReason(poll: Poll, before: PollChange, now: Date): string | null {
  // It is read from JSON, so an instant is a text here.
  const closesAt = before.closes_at ? new Date(before.closes_at) : null;
  // A deleted poll comes back all the same. The scheduler closes it.
  const deleted = poll.deletedAt !== null;
  if (!deleted && before.status !== 'closed' && closesAt !== null && closesAt <= now) {
    return 'its closing time has passed meanwhile, so it stays as it is';
  }
  return null;
}
