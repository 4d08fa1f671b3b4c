import { type BaseInteraction, ChannelType, GuildMember, PermissionFlagsBits } from 'discord.js';
import { permissionsOf } from '../../src/bot/rights/channel-permissions.ts';

/**
 * The channels of this server that the caller can see, as far as the gateway tells. For people who are no admins
 * here: a poll in a channel that they cannot see does not exist for them.
 */
export function visibleChannelIds(interaction: BaseInteraction): string[] {
  const { guild, member, channelId } = interaction;
  // Somebody who uses a command in a channel sees it.
  const here = channelId === null ? [] : [channelId];
  if (guild === null || !(member instanceof GuildMember)) return here;
  const visible = guild.channels.cache.filter(
    (channel) =>
      // It is not known here who belongs to a private thread.
      channel.type !== ChannelType.PrivateThread &&
      permissionsOf(channel, member)?.has(PermissionFlagsBits.ViewChannel),
  );
  return [...new Set([...here, ...visible.keys()])];
}
