import { counted } from '../../base/display/plural.ts';
import { undoableHours } from '../../base/undo-window.ts';
import { defineKind, noParams } from './define-kind.ts';

/**
 * Deletes polls, whatever their status. A deleted poll is a tombstone: it is on no list and takes no votes. It is
 * kept with its votes until it is purged, so an undo can bring it back and post it again.
 */
export const deletePolls = defineKind({
  name: 'delete',
  words: { infinitive: 'Delete', present: 'Deleting', past: 'deleted' },
  description: `Delete many polls at once, with their messages; Undo brings them back for ${undoableHours} hours`,
  toolbar: 'Delete',
  params: noParams,
  details: (_params, { deletedRetentionDays }) => [
    `Deleted polls can be brought back, votes included, by \`Undo\` for ${undoableHours} hours. They are removed for good after ${counted(deletedRetentionDays, 'day')}.`,
  ],
  destructive: () => true,
  phrase: (_params, count) => `DELETE ${count}`,
  decide: ({ deletedAt }, _params, now) => (deletedAt === null ? { deleted_at: now } : 'already deleted'),
  // A retry finds its polls deleted: only their messages are left.
  takesDeleted: true,
  delivery: 'delete',
});
