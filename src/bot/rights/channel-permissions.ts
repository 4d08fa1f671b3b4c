import {
  type GuildBasedChannel,
  type GuildMember,
  PermissionFlagsBits,
  PermissionsBitField,
} from 'discord.js';

const keptInTimeOut = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ReadMessageHistory;

/**
 * What a member may do in a channel now; null if the gateway told too little to say, which makes discord.js fail. A
 * member who is timed out keeps only View Channel and Read Message History (Discord's reference, "Permissions for
 * Timed Out Members"). discord.js leaves that out (its issue #9730).
 */
export function permissionsOf(
  channel: GuildBasedChannel,
  member: GuildMember,
  now: Date = new Date(),
): Readonly<PermissionsBitField> | null {
  // Everything starts from the role @everyone, whose id is the server's. A thread has its parent's permissions.
  const { cache: roles } = channel.guild.roles;
  if (!roles.has(channel.guild.id)) return null;
  // If no role permits anything at all, the permissions were not told.
  if (roles.every((role) => role.permissions.bitfield === 0n)) return null;
  if (channel.isThread() && channel.parent === null) return null;
  const permissions = channel.permissionsFor(member);
  if (timedOutUntil(member, now) === null) return permissions;
  return new PermissionsBitField(permissions.bitfield & keptInTimeOut);
}

/** Until when a member is timed out; null: they are not. Owners and administrators never are. */
export function timedOutUntil(member: GuildMember, now: Date): Date | null {
  const until = member.communicationDisabledUntil;
  if (until === null || until <= now) return null;
  const exempt =
    member.guild.ownerId === member.id || member.permissions.has(PermissionFlagsBits.Administrator);
  return exempt ? null : until;
}
