import type { GuildBasedChannel, GuildMember, PermissionsBitField } from 'discord.js';

/** What a member may do in a channel; null where the gateway told too little to say, which discord.js takes badly. */
export function permissionsOf(
  channel: GuildBasedChannel,
  member: GuildMember,
): Readonly<PermissionsBitField> | null {
  // Everything starts from the role @everyone, whose id is the server's; a thread has its parent's permissions.
  const { cache: roles } = channel.guild.roles;
  if (!roles.has(channel.guild.id)) return null;
  // Where no role permits anything at all, the permissions were not told.
  if (roles.every((role) => role.permissions.bitfield === 0n)) return null;
  if (channel.isThread() && channel.parent === null) return null;
  return channel.permissionsFor(member);
}
