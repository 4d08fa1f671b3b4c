/** Stands in for Discord's checks of access (its reference, "Permissions"; codes from "JSON Error Codes"). */

import { refuse } from '../rules/api-error.ts';
import type { SandboxChannel } from '../world/channel.ts';
import { channelPermissions, permission } from '../world/permissions.ts';
import type { World } from '../world/world.ts';
import type { Call } from './route.ts';

/** The path's channel. Throws 10003 or 50001 if the bot does not see it. */
export function visibleChannel({ world, params }: Call): SandboxChannel {
  const channel = world.channels.get(params.channel ?? '');
  if (!channel) throw refuse.unknownChannel();
  if (!botMay(world, channel, permission.viewChannel)) throw refuse.noAccess();
  return channel;
}

/**
 * Throws if a message in a thread cannot be changed: 50083 while the thread is archived; 160005 while it is locked
 * and the bot lacks Manage Threads (api-docs PR#2855, PR#5919; discord.js PR#9216).
 */
export function needsOpenThread(world: World, channel: SandboxChannel, doing: 'edit' | 'delete'): void {
  if (!channel.isThread) return;
  if (channel.archived) throw refuse.archivedThread();
  const shut = doing === 'edit' && channel.locked && !botMay(world, channel, permission.manageThreads);
  if (shut) throw refuse.lockedThread();
}

/**
 * Whether the bot may open the archived thread, or write into it. A locked thread takes Manage Threads (api-docs
 * PR#3108).
 */
export function mayOpen(world: World, thread: SandboxChannel): boolean {
  return (
    botMay(world, thread, permission.sendMessagesInThreads) &&
    (!thread.locked || botMay(world, thread, permission.manageThreads))
  );
}

/** Throws 50013 if the bot lacks the permission. */
export function needs(world: World, channel: SandboxChannel, bit: bigint): void {
  if (!botMay(world, channel, bit)) throw refuse.noPermission();
}

export function botMay(world: World, channel: SandboxChannel, bit: bigint): boolean {
  const guild = world.guildOf(channel);
  return guild === null
    ? bit !== permission.manageMessages
    : (channelPermissions(guild, channel, world.bot.id) & bit) !== 0n;
}
