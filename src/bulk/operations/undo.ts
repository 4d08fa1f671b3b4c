import { z } from 'zod';
import type { OperationKind } from './operation-kind.ts';

const params = z.object({
  /** How many polls that take votes, or will, it closes. */
  closes: z.number().int().nonnegative().default(0),
});

/**
 * Takes another operation back. It has no targets of its own and is planned by `plan-undo.ts`, which prescribes what
 * each poll becomes; from there on it runs like every other kind.
 */
export const undo: OperationKind<z.infer<typeof params>> = {
  name: 'undo',
  words: { infinitive: 'Undo', present: 'Undoing', past: 'restored' },
  description: 'Put the polls of an operation back to what they were',
  toolbar: null,
  options: [],
  params,
  details: ({ closes }) => (closes > 0 ? [`polls closed again: ${closes}`] : []),
  destructive: ({ closes }) => closes > 0,
  phrase: ({ closes }, count) => (closes > 100 ? `UNDO ${count}` : null),
  skipReason: () => null,
  change: () => {
    throw new Error('an undo prescribes what each poll becomes');
  },
  setsVotesAside: () => false,
  takesDeleted: true,
  repost: true,
  notifies: () => false,
  undoRefusal: 'An undo cannot be undone. Run the operation again instead.',
};
