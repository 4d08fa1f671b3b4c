import { UserError } from '../../src/base/errors.ts';
import type { Caller } from '../../src/bot/caller.ts';
import type { Scope } from '../../src/polls/scope.ts';

/** What the caller may act on. Throws `UserError` if they are no admin here. */
export function adminScope(caller: Caller): Scope {
  if (caller.scope === null) {
    throw new UserError('Only admins may do this: members with *Manage Server* in this server.');
  }
  return caller.scope;
}
