import { type BaseInteraction, PermissionFlagsBits } from 'discord.js';
import { everyServer, oneServer, type Scope } from '../polls/scope.ts';

/** Who uses a command or button, and where. Taken from the interaction itself and never from a custom id. */
export interface Caller {
  readonly userId: string;
  readonly serverId: string;
  readonly channelId: string;
  readonly interactionId: string;
  readonly locale: string;
  /** What they may act on; null if they are no admin here. */
  readonly scope: Scope | null;
}

/** The parts of an interaction that tell who the caller is. Discord computes the permissions and puts them in. */
type CallerFacts = Pick<
  BaseInteraction,
  'id' | 'user' | 'guildId' | 'channelId' | 'memberPermissions' | 'locale'
>;

/** Null outside of servers. */
export function callerOf(facts: CallerFacts, superAdminIds: ReadonlySet<string>): Caller | null {
  if (facts.guildId === null || facts.channelId === null) return null;
  return {
    userId: facts.user.id,
    serverId: facts.guildId,
    channelId: facts.channelId,
    interactionId: facts.id,
    // Every interaction should have one. The audit notes it, and nothing may fail because it is missing.
    locale: facts.locale ?? 'unknown',
    scope: superAdminIds.has(facts.user.id) ? everyServer : scopeIn(facts.guildId, facts),
  };
}

/** This server for a member with *Manage Server* (administrators and owners have it); null for anybody else. */
function scopeIn(serverId: string, { memberPermissions }: CallerFacts): Scope | null {
  return memberPermissions?.has(PermissionFlagsBits.ManageGuild) ? oneServer(serverId) : null;
}
