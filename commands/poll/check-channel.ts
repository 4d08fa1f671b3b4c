import {
  type ChatInputCommandInteraction,
  GuildMember,
  PermissionFlagsBits,
  type PermissionsBitField,
} from 'discord.js';
import type { Caller } from '../../src/bot/handlers.ts';
import { postingPermissions, type Servers } from '../../src/bot/servers.ts';
import { UserError } from '../../src/errors.ts';

/**
 * The channel to post in: the chosen one, or this one. Throws `UserError` unless the caller sees it and the bot may
 * post there. For this very channel Discord sends both permissions along, so it needs no cache.
 */
export function checkChannel(
  servers: Pick<Servers, 'missingToPost'>,
  interaction: ChatInputCommandInteraction,
  caller: Caller,
): string {
  const chosen = interaction.options.getChannel('channel');
  if (chosen === null || chosen.id === caller.channelId) {
    refuseMissing(caller.channelId, missingHere(interaction));
    return caller.channelId;
  }
  if (!callerPermissions(interaction, chosen)?.has(PermissionFlagsBits.ViewChannel)) {
    throw new UserError(`You cannot see <#${chosen.id}>. Choose a channel that you can see.`);
  }
  const missing = servers.missingToPost(chosen.id);
  if (missing === null) {
    throw new UserError(
      `There is no access to <#${chosen.id}>, or it is not known yet. Check the channel, or try again in a minute.`,
    );
  }
  refuseMissing(chosen.id, missing);
  return chosen.id;
}

function callerPermissions(
  { member }: ChatInputCommandInteraction,
  chosen: NonNullable<ReturnType<ChatInputCommandInteraction['options']['getChannel']>>,
): Readonly<PermissionsBitField> | null {
  return 'permissionsFor' in chosen && member instanceof GuildMember ? chosen.permissionsFor(member) : null;
}

function missingHere({ appPermissions, channel }: ChatInputCommandInteraction): string[] {
  return postingPermissions(channel?.isThread() ?? false)
    .filter(([, bit]) => !appPermissions.has(bit))
    .map(([name]) => name);
}

function refuseMissing(channelId: string, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new UserError(
    `Gavel cannot post in <#${channelId}>: it lacks ${missing.map((name) => `*${name}*`).join(', ')} there.`,
  );
}
