import { type BaseInteraction, PermissionFlagsBits } from 'discord.js';
import { everyServer, oneServer, type Scope } from '../../polls/scope.ts';
import type { Caller } from '../handlers.ts';

/** What of an interaction tells who is asking. Discord computes the permissions and puts them in. */
export type Asking = Pick<
  BaseInteraction,
  'id' | 'user' | 'guildId' | 'channelId' | 'memberPermissions' | 'locale'
>;

/**
 * What somebody may act on: every server for a super admin, this server for a member with *Manage Server*
 * (administrators and owners have it), nothing for anybody else. Only ever from the interaction itself.
 */
function scopeOf(asking: Asking, superAdminIds: ReadonlySet<string>): Scope | null {
  if (superAdminIds.has(asking.user.id)) return everyServer;
  if (asking.guildId === null) return null;
  return asking.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ? oneServer(asking.guildId) : null;
}

/** Null outside of servers. */
export function callerOf(asking: Asking, superAdminIds: ReadonlySet<string>): Caller | null {
  if (asking.guildId === null || asking.channelId === null) return null;
  return {
    userId: asking.user.id,
    guildId: asking.guildId,
    channelId: asking.channelId,
    interactionId: asking.id,
    // Every interaction should have one; the audit notes it, and nothing may fail for want of it.
    locale: asking.locale ?? 'unknown',
    scope: scopeOf(asking, superAdminIds),
  };
}
