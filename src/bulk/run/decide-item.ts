import type { Poll } from '../../polls/poll.ts';
import type { ChangingKind } from '../kinds/operation-kind.ts';
import type { PollChange } from '../kinds/poll-image.ts';
import type { OperationRow } from '../operation.ts';
import type { Comparison } from '../plan/compare-polls.ts';
import { restoreSkipReason } from '../plan/restore-skip-reason.ts';

/** What is planned of one poll. */
export interface PlannedItem {
  readonly poll_id: number;
  /** What an undo makes of it. */
  readonly after: PollChange | null;
  /** Not null: an operation that this one retries, or another retry of that one, has changed it. */
  readonly target_revision: number | null;
}

/** What is known of a poll beside its row, when it is decided about. */
interface Known {
  readonly item: PlannedItem;
  readonly comparison: Comparison;
  readonly operation: OperationRow;
  readonly kind: ChangingKind;
  readonly now: Date;
}

/** The skip reason of a poll that is no longer there. */
export const deletedMeanwhile = 'deleted meanwhile';

/**
 * What a poll becomes; null if it has become that already, so that only its message may be behind; the skip reason if
 * it is left alone. A retry or an undo goes on from what the operation before it left: a poll that is something else
 * by now is left alone. Every other operation decides by what the poll is now.
 */
export function decideItem(
  poll: Poll,
  { item, comparison: { asFound, asLeft }, operation, kind, now }: Known,
): PollChange | string | null {
  if (poll.deletedAt !== null && !kind.takesDeleted) return deletedMeanwhile;
  if (poll.heldBy !== null) return `held by Operation #${poll.heldBy}`;
  const before = operation.retry_of ?? operation.undo_of;
  if (before !== null) {
    const changed = item.target_revision !== null;
    if (operation.undo_of !== null && !changed && asLeft)
      return `already what it was before Operation #${operation.undo_of}`;
    if (!(changed ? asLeft : asFound)) return `changed since Operation #${before}`;
    if (changed) return null;
    if (operation.undo_of !== null && item.after)
      return restoreSkipReason(poll, item.after, now) ?? item.after;
  }
  return kind.decide(poll, now);
}
