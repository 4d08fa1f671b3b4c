/**
 * An expected refusal. `message` is safe to show to whoever asked, in Discord markdown: it says what happened, to
 * which poll or operation, and what to do next.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
