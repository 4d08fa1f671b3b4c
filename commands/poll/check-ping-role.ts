import {
  type APIRole,
  type ChatInputCommandInteraction,
  GuildMember,
  PermissionFlagsBits,
  type Role,
} from 'discord.js';
import { UserError } from '../../src/errors.ts';

/**
 * The role to ping, or null. Throws `UserError` where the caller could not mention it in the channel by hand: the role
 * must be mentionable, or they need *Mention Everyone* there.
 */
export function checkPingRole(interaction: ChatInputCommandInteraction, channelId: string): string | null {
  const role = chosenPingRole(interaction);
  if (role === null) return null;
  if (!mayMention(interaction, role, channelId)) {
    throw new UserError(
      `You may not mention <@&${role.id}> in <#${channelId}>, so the poll may not ping it either.`,
    );
  }
  return role.id;
}

/** The option `ping_role`, or null. Throws `UserError` where that is everyone. */
export function chosenPingRole(interaction: ChatInputCommandInteraction): Role | APIRole | null {
  const role = interaction.options.getRole('ping_role');
  if (role !== null && role.id === interaction.guildId) {
    throw new UserError('`ping_role` cannot be @\u200Beveryone. Choose a role.');
  }
  return role;
}

/** Whether the caller could mention this role of the server in the channel by hand. */
export function mayMention(
  interaction: ChatInputCommandInteraction,
  role: Role | APIRole,
  channelId: string,
): boolean {
  if (role.mentionable) return true;
  if (channelId === interaction.channelId) {
    return interaction.memberPermissions?.has(PermissionFlagsBits.MentionEveryone) ?? false;
  }
  const { guild, member } = interaction;
  if (!(member instanceof GuildMember)) return false;
  const channel = guild?.channels.cache.get(channelId);
  return channel?.permissionsFor(member)?.has(PermissionFlagsBits.MentionEveryone) ?? false;
}
