import { z } from 'zod';
import type { OperationKind } from './operation-kind.ts';

const params = z.object({});

/**
 * Deletes polls whatever their state. A deleted poll is a tombstone: it is on no list and takes no votes, and is kept with
 * its votes until it is purged, so that an undo brings it back and posts it again.
 */
export const deletePolls: OperationKind<z.infer<typeof params>> = {
  name: 'delete',
  words: { infinitive: 'Delete', present: 'Deleting', past: 'deleted' },
  description: 'Delete many polls at once, with their messages; Undo brings them back for 24 hours',
  toolbar: 'Delete',
  options: [],
  params,
  details: (_params, { deletedRetentionDays }) => [
    `Deleted polls can be brought back, votes included, by \`Undo\` for 24 hours. They are removed for good after ${deletedRetentionDays === 1 ? '1 day' : `${deletedRetentionDays} days`}.`,
  ],
  destructive: () => true,
  phrase: (_params, count) => `DELETE ${count}`,
  skipReason: (poll) => (poll.deletedAt === null ? null : 'already deleted'),
  change: (_poll, _params, now) => ({ deleted_at: now }),
  setsVotesAside: () => false,
  // A retry finds its polls deleted: only their messages are left.
  takesDeleted: true,
  delivery: 'delete',
  repost: false,
  notifies: () => false,
  undoRefusal: null,
};
