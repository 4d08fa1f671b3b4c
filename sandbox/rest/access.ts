import { refuse } from '../api-error.ts';
import type { SandboxChannel } from '../channel.ts';
import { channelPermissions, permission } from '../permissions.ts';
import type { World } from '../world.ts';
import type { Call } from './route.ts';

/** The path's channel, if the bot sees it: else 10003 or 50001. */
export function visibleChannel({ world, params }: Call): SandboxChannel {
  const channel = world.channels.get(params.channel ?? '');
  if (!channel) throw refuse.unknownChannel();
  if (!botMay(world, channel, permission.viewChannel)) throw refuse.noAccess();
  return channel;
}

/** Throws 50013 where the bot lacks the permission. */
export function needs(world: World, channel: SandboxChannel, bit: bigint): void {
  if (!botMay(world, channel, bit)) throw refuse.noPermission();
}

export function botMay(world: World, channel: SandboxChannel, bit: bigint): boolean {
  const guild = world.guildOf(channel);
  return guild === null
    ? bit !== permission.manageMessages
    : (channelPermissions(guild, channel, world.bot.id) & bit) !== 0n;
}
