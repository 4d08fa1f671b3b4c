import type { APIRole, Role } from 'discord.js';
import type { Poll } from '../../../src/polls/poll.ts';
import { botMayMention, type Mentioning, mayMention } from '../../poll/check-ping-role.ts';

/**
 * Why a poll cannot get the chosen role to ping: it is a role of another server, or the caller or the bot could not
 * mention it in the poll's channel. Undefined if no role was chosen.
 */
export function pingRoleGuard(
  interaction: Mentioning,
  role: Role | APIRole | null,
): ((poll: Poll) => string | null) | undefined {
  if (role === null) return undefined;
  return (poll) => {
    if (poll.serverId !== interaction.guildId) return 'in another server than the role to ping';
    if (!mayMention(interaction, role, poll.channelId))
      return 'in a channel where you may not mention the role to ping';
    return botMayMention(interaction, role, poll.channelId)
      ? null
      : 'in a channel where the bot may not mention the role to ping';
  };
}
