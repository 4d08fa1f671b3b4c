import {
  type APIRole,
  type BaseInteraction,
  type ChatInputCommandInteraction,
  GuildMember,
  PermissionFlagsBits,
  type Role,
} from 'discord.js';
import { UserError } from '../../src/base/errors.ts';
import { chosenId } from '../../src/bot/chosen-id.ts';
import { permissionsOf } from '../../src/bot/rights/channel-permissions.ts';

/**
 * The role to ping, or null. Throws `UserError` if the caller could not mention it in the channel by hand: the role
 * must be mentionable, or they need *Mention Everyone* there. Throws it too if Discord would not let the bot do it.
 */
export function checkPingRole(interaction: ChatInputCommandInteraction, channelId: string): string | null {
  const role = chosenPingRole(interaction);
  if (role === null) return null;
  if (!mayMention(interaction, role, channelId)) {
    throw new UserError(
      `You may not mention <@&${role.id}> in <#${channelId}>, so the poll may not ping it either.`,
    );
  }
  if (!botMayMention(interaction, role, channelId)) {
    throw new UserError(
      `Gavel may not mention <@&${role.id}> in <#${channelId}>, so nobody would be pinged. Make the role mentionable, or give Gavel *Mention Everyone* there.`,
    );
  }
  return role.id;
}

/** The option `ping_role`, or null. Throws `UserError` if it is everyone. */
function chosenPingRole(interaction: ChatInputCommandInteraction): Role | APIRole | null {
  const id = chosenId(interaction.options, 'ping_role');
  return id === null ? null : pingRole(interaction, id, interaction.options.getRole('ping_role'));
}

/** The role of this server with that id. Throws `UserError` if it is everyone, or if there is none. */
export function pingRole(
  interaction: Mentioning,
  id: string,
  resolved: Role | APIRole | null = null,
): Role | APIRole {
  if (id === interaction.guildId) {
    throw new UserError('`ping_role` cannot be @\u200Beveryone. Choose a role.');
  }
  const role = resolved ?? interaction.guild?.roles.cache.get(id);
  if (!role) throw new UserError('`ping_role` was not found in this server. Choose one of its roles.');
  return role;
}

/** The parts of an interaction that tell who may mention whom. */
export type Mentioning = Pick<
  BaseInteraction,
  'guild' | 'guildId' | 'channelId' | 'member' | 'memberPermissions' | 'appPermissions'
>;

/** Whether the caller could mention this role of the server in the channel by hand. */
export function mayMention(interaction: Mentioning, role: Role | APIRole, channelId: string): boolean {
  if (role.mentionable) return true;
  if (channelId === interaction.channelId) {
    return interaction.memberPermissions?.has(PermissionFlagsBits.MentionEveryone) ?? false;
  }
  const { guild, member } = interaction;
  if (!(member instanceof GuildMember)) return false;
  const channel = guild?.channels.cache.get(channelId);
  return (channel && permissionsOf(channel, member)?.has(PermissionFlagsBits.MentionEveryone)) ?? false;
}

/** Whether a mention of this role by the bot in the channel pings anybody. Discord posts it either way. */
export function botMayMention(interaction: Mentioning, role: Role | APIRole, channelId: string): boolean {
  if (role.mentionable) return true;
  if (channelId === interaction.channelId) {
    return interaction.appPermissions.has(PermissionFlagsBits.MentionEveryone);
  }
  const { guild } = interaction;
  const bot = guild?.members.me;
  if (!guild || !bot) return false;
  const channel = guild.channels.cache.get(channelId);
  return (channel && permissionsOf(channel, bot)?.has(PermissionFlagsBits.MentionEveryone)) ?? false;
}
