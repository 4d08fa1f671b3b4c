import { type ChatInputCommandInteraction, GuildMember, PermissionFlagsBits } from 'discord.js';
import { UserError } from '../../src/errors.ts';

/**
 * The role to ping, or null. Throws `UserError` where the caller could not mention it in the channel by hand: the role
 * must be mentionable, or they need *Mention Everyone* there.
 */
export function checkPingRole(interaction: ChatInputCommandInteraction, channelId: string): string | null {
  const role = interaction.options.getRole('ping_role');
  if (role === null) return null;
  if (role.id === interaction.guildId) {
    throw new UserError('`ping_role` cannot be @\u200Beveryone. Choose a role.');
  }
  if (!role.mentionable && !mayMentionEveryone(interaction, channelId)) {
    throw new UserError(
      `You may not mention <@&${role.id}> in <#${channelId}>, so the poll may not ping it either.`,
    );
  }
  return role.id;
}

function mayMentionEveryone(interaction: ChatInputCommandInteraction, channelId: string): boolean {
  if (channelId === interaction.channelId) {
    return interaction.memberPermissions?.has(PermissionFlagsBits.MentionEveryone) ?? false;
  }
  const { guild, member } = interaction;
  if (!(member instanceof GuildMember)) return false;
  const channel = guild?.channels.cache.get(channelId);
  return channel?.permissionsFor(member)?.has(PermissionFlagsBits.MentionEveryone) ?? false;
}
