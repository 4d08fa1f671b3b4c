import type { ChatInputCommandInteraction } from 'discord.js';
import { UserError } from '../../src/base/errors.ts';
import type { Caller } from '../../src/bot/caller.ts';
import { chosenId } from '../../src/bot/chosen-id.ts';
import { missingToPost } from '../../src/bot/rights/channel-rights.ts';
import type { Servers } from '../../src/bot/rights/servers.ts';
import { discordTime } from '../../src/polls/time.ts';

/**
 * The channel to post in: the chosen one (Discord offers a caller those that they can see), or this one. Throws
 * `UserError` if the bot is known not to be allowed to post. For this very channel Discord sends that along. For
 * another one it is computed from what the gateway tells; if that is not enough, Discord's answer to the post
 * decides.
 */
export function checkChannel(
  servers: Pick<Servers, 'missingToPost' | 'obstacle'>,
  interaction: ChatInputCommandInteraction,
  caller: Caller,
): string {
  const chosen = chosenId(interaction.options, 'channel') ?? caller.channelId;
  const until = servers.obstacle(chosen, 'post')?.timedOutUntil;
  if (until) {
    throw new UserError(
      `Gavel cannot post in <#${chosen}>: a moderator has it timed out until ${discordTime(until, 'f')}.`,
    );
  }
  const sentAlong = chosen === caller.channelId ? missingHere(interaction) : null;
  refuseMissing(chosen, sentAlong ?? servers.missingToPost(chosen) ?? []);
  return chosen;
}

/** The missing permissions here; null if nothing was sent along. */
function missingHere({ appPermissions, channel }: ChatInputCommandInteraction): string[] | null {
  return appPermissions.bitfield === 0n ? null : missingToPost(channel, appPermissions);
}

function refuseMissing(channelId: string, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new UserError(
    `Gavel cannot post in <#${channelId}>: it lacks ${missing.map((name) => `*${name}*`).join(', ')} there.`,
  );
}
