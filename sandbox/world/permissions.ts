import type { SandboxChannel } from './channel.ts';
import type { Guild } from './guild.ts';

/** The permission bits that the sandbox looks at (Discord's reference, "Permissions"). */
export const permission = {
  administrator: 1n << 3n,
  manageGuild: 1n << 5n,
  addReactions: 1n << 6n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  useExternalEmojis: 1n << 18n,
  useApplicationCommands: 1n << 31n,
  manageThreads: 1n << 34n,
  sendMessagesInThreads: 1n << 38n,
} as const;

export const everyPermission = (1n << 53n) - 1n;

/** What @everyone may do in a new guild, as far as it matters here. */
export const everyonePermissions =
  permission.viewChannel |
  permission.sendMessages |
  permission.embedLinks |
  permission.attachFiles |
  permission.readMessageHistory |
  permission.addReactions |
  permission.useApplicationCommands |
  permission.sendMessagesInThreads;

/** Bits of a member in the guild as a whole; all of them for the owner and for administrators. 0n for strangers. */
export function guildPermissions(guild: Guild, userId: string): bigint {
  const member = guild.members.get(userId);
  if (!member) return 0n;
  if (guild.ownerId === userId) return everyPermission;
  let bits = guild.roles.get(guild.id)?.permissions ?? 0n;
  for (const roleId of member.roles) bits |= guild.roles.get(roleId)?.permissions ?? 0n;
  return bits & permission.administrator ? everyPermission : bits;
}

/**
 * The permissions of a member in a channel. First @everyone's overwrite, then those of all their roles together, then
 * the member's own; each time denials before grants (Discord's reference, "Permission Overwrites"). A thread has
 * those of its parent. Somebody who is timed out keeps only View Channel and Read Message History, unless they are
 * the owner or an administrator ("Permissions for Timed Out Members").
 */
export function channelPermissions(guild: Guild, channel: SandboxChannel, userId: string): bigint {
  const base = guildPermissions(guild, userId);
  if (base === everyPermission || base === 0n) return base;
  const place = channel.isThread ? guild.channels.get(channel.parentId ?? '') : channel;
  const overwrites = place?.overwrites ?? [];
  const member = guild.members.get(userId)!;
  let bits = base;
  const apply = (found: readonly { allow: bigint; deny: bigint }[]) => {
    const deny = found.reduce((sum, overwrite) => sum | overwrite.deny, 0n);
    const allow = found.reduce((sum, overwrite) => sum | overwrite.allow, 0n);
    bits = (bits & ~deny) | allow;
  };
  apply(overwrites.filter((overwrite) => overwrite.id === guild.id));
  apply(overwrites.filter((overwrite) => overwrite.type === 0 && member.roles.includes(overwrite.id)));
  apply(overwrites.filter((overwrite) => overwrite.type === 1 && overwrite.id === userId));
  if ((member.timedOutUntil ?? 0) > guild.now()) bits &= keptInTimeOut;
  return bits & permission.viewChannel ? bits : 0n;
}

const keptInTimeOut = permission.viewChannel | permission.readMessageHistory;
