import { type BaseInteraction, ChannelType, GuildMember, PermissionFlagsBits } from 'discord.js';

/**
 * The channels of this server that the caller can see, as far as the gateway tells. For people who are no admins here:
 * a poll in a channel that they cannot see is none of theirs.
 */
export function visibleChannelIds(interaction: BaseInteraction): string[] {
  const { guild, member } = interaction;
  if (guild === null || !(member instanceof GuildMember))
    return interaction.channelId === null ? [] : [interaction.channelId];
  const visible = guild.channels.cache.filter((channel) => {
    // Who belongs to a private thread is not known here.
    if (channel.type === ChannelType.PrivateThread) return channel.id === interaction.channelId;
    return channel.permissionsFor(member)?.has(PermissionFlagsBits.ViewChannel) ?? false;
  });
  return [...visible.keys()];
}
