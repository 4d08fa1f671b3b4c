import { ZodError } from 'zod';
import { UserError } from '../../base/errors.ts';
import type { BoundKind, OperationKind } from './operation-kind.ts';

/**
 * An operation's own parameters from the values of its options, to be stored with it. `askedAt`: when the command was
 * given. Throws `UserError` for the first value that is not allowed, with what is allowed.
 */
export function readParams(
  kind: OperationKind,
  values: Readonly<Record<string, unknown>>,
  askedAt: Date,
): BoundKind['params'] {
  try {
    return kind.bind({ ...values, asked_at: askedAt.toISOString() }).params;
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    throw new UserError(`${error.issues[0]!.message} Nothing was changed.`);
  }
}
