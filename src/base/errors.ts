/**
 * An expected refusal. `message` is safe to show to the person who asked, in Discord markdown. It says what happened,
 * to which poll or operation, and what to do next.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/**
 * The program cannot start. `message` is for the person who starts it: what happened and what to do next, in
 * sentences, without a secret or a stack. `cause` is for the log.
 */
export class CannotStart extends Error {
  override readonly name: string = 'CannotStart';
}

/** An error in words. One that was tried at several addresses is an `AggregateError`, whose own message is empty. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(reasonOf))].join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
}

/** The first line of `reasonOf`, without a full stop: for the middle of a sentence. */
export function inShort(error: unknown): string {
  return reasonOf(error).split('\n', 1)[0]!.replace(/\.$/, '');
}
