import { discordLimits } from '../../../src/base/display/discord-limits.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import type { Invocation } from '../../../src/bot/handlers.ts';
import type { Actor } from '../../../src/bulk/plan/confirm.ts';
import type { Asking } from '../../../src/bulk/plan/draft-store.ts';
import type { SelectionOwner } from '../../../src/bulk/selection/selection-store.ts';
import type { Audience } from '../../../src/bulk/words/naming.ts';
import type { Scope } from '../../../src/polls/scope.ts';

/** How long an interaction's token is used, in ms: an edit takes its time. */
const tokenLifetimeMs = (discordLimits.tokenMinutes - 0.5) * 60_000;

/** The part of an invocation that says who acts: the interaction's token goes into what they start. */
type Acting = Invocation<{ readonly token: string }>;

/** The scope of an admin. Throws `UserError` if the caller is not an admin. */
export function requireAdmin(caller: Caller): Scope {
  if (caller.scope === null) {
    throw new UserError('Only people with *Manage Server* here can use `/bulk`. Nothing was changed.');
  }
  return caller.scope;
}

export function actorOf({ interaction, caller }: Acting, now: Date): Actor {
  return {
    userId: caller.userId,
    scope: caller.scope,
    interactionId: caller.interactionId,
    token: interaction.token,
    tokenExpiresAt: new Date(now.getTime() + tokenLifetimeMs),
  };
}

/** The caller as the reader of a private answer: only what belongs to their scope is named. */
export function audienceWithin(scope: Scope): Audience {
  return { serverId: scope.all ? null : scope.serverId };
}

/** Whose selection and pickers the caller uses. Throws `UserError` if the caller is not an admin. */
export function ownerOf(caller: Caller): SelectionOwner {
  return { adminId: caller.userId, scope: requireAdmin(caller) };
}

/**
 * Who asks for an operation, and from where. The command adds the reason and who sees the progress. Throws `UserError` if
 * the caller is not an admin.
 */
export function askingOf({ interaction, caller }: Acting): Omit<Asking, 'reason' | 'private'> {
  return {
    scope: requireAdmin(caller),
    adminId: caller.userId,
    serverId: caller.serverId,
    channelId: caller.channelId,
    interactionId: caller.interactionId,
    token: interaction.token,
    locale: caller.locale,
  };
}
