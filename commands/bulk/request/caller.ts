import { UserError } from '../../../src/base/errors.ts';
import type { Caller } from '../../../src/bot/handlers.ts';
import type { Actor } from '../../../src/bulk/plan/confirm.ts';
import type { Asking } from '../../../src/bulk/plan/draft-store.ts';
import type { SelectionOwner } from '../../../src/bulk/selection/selection-store.ts';
import type { Scope } from '../../../src/polls/scope.ts';

/** How long an interaction's token is used: Discord keeps it for 15 minutes, and an edit takes its time. */
const tokenLifetimeMs = 14.5 * 60_000;

/** The scope of an admin. Throws `UserError` for everybody else. */
export function requireAdmin(caller: Caller): Scope {
  if (caller.scope === null) {
    throw new UserError('Only people with *Manage Server* here can use `/bulk`. Nothing was changed.');
  }
  return caller.scope;
}

export function actorOf(interaction: { readonly token: string }, caller: Caller, now: Date): Actor {
  return {
    userId: caller.userId,
    scope: caller.scope,
    interactionId: caller.interactionId,
    token: interaction.token,
    tokenExpiresAt: new Date(now.getTime() + tokenLifetimeMs),
  };
}

/** Whose selection and pickers the caller uses. Throws `UserError` for who is no admin. */
export function ownerOf(caller: Caller): SelectionOwner {
  return { adminId: caller.userId, scope: requireAdmin(caller) };
}

/** Who asks for an operation and from where; why and how are for the command to say. Throws `UserError` for who is no admin. */
export function askingOf(
  interaction: { readonly token: string },
  caller: Caller,
): Omit<Asking, 'reason' | 'private'> {
  return {
    scope: requireAdmin(caller),
    adminId: caller.userId,
    guildId: caller.guildId,
    channelId: caller.channelId,
    interactionId: caller.interactionId,
    token: interaction.token,
    locale: caller.locale,
  };
}
