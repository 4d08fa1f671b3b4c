import { z } from 'zod';
import { defineKind } from './define-kind.ts';

/**
 * Takes another operation back. It has no targets of its own: `plan-undo.ts` plans it and prescribes what each poll
 * becomes. From there on it runs like every other kind.
 */
export const undo = defineKind({
  name: 'undo',
  words: { infinitive: 'Undo', present: 'Undoing', past: 'restored' },
  description: 'Put the polls of an operation back to what they were',
  params: z.object({
    /** How many polls it closes that take votes, or will; only if it closes any. */
    polls_closed: z.number().int().positive().optional(),
  }),
  details: ({ polls_closed }) => (polls_closed === undefined ? [] : [`polls closed again: ${polls_closed}`]),
  destructive: ({ polls_closed }) => polls_closed !== undefined,
  phrase: ({ polls_closed = 0 }, count) => (polls_closed > 100 ? `UNDO ${count}` : null),
  decide: () => 'it is not known what it was before',
  takesDeleted: true,
  repost: true,
  undoRefusal: 'An undo cannot be undone. Run the operation again instead.',
});
