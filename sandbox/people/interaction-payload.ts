/** Stands in for what Discord tells the bot of a deed (its reference, "Interaction Object"). */

import type { SandboxChannel } from '../world/channel.ts';
import { memberPayload, userPayload } from '../world/guild.ts';
import type { SandboxMessage } from '../world/message.ts';
import { messagePayload } from '../world/message-payload.ts';
import { channelPermissions, everyonePermissions } from '../world/permissions.ts';
import type { World } from '../world/world.ts';

export interface InteractionParts {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly data: object;
  readonly channel: SandboxChannel;
  readonly userId: string;
  readonly locale: string;
  readonly source: SandboxMessage | null;
}

/** INTERACTION_CREATE as Discord sends it (its reference, "Interaction Object"). */
export function interactionPayload(world: World, parts: InteractionParts): object {
  const { channel, userId, source } = parts;
  const guild = world.guildOf(channel);
  const user = world.users.get(userId)!;
  const botBits = guild ? channelPermissions(guild, channel, world.bot.id) : everyonePermissions;
  const userBits = guild ? channelPermissions(guild, channel, userId) : everyonePermissions;
  const member = guild?.members.get(userId);
  return {
    id: parts.id,
    application_id: world.applicationId,
    type: parts.type,
    token: parts.token,
    version: 1,
    data: parts.data,
    channel_id: channel.id,
    channel: { ...channel.payload(), permissions: userBits.toString() },
    app_permissions: botBits.toString(),
    locale: parts.locale,
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: { '0': guild?.id ?? '0' },
    context: guild ? 0 : 1,
    attachment_size_limit: 10_485_760,
    ...(guild && member
      ? {
          guild_id: guild.id,
          guild_locale: guild.locale,
          guild: { id: guild.id, locale: guild.locale, features: [] },
          member: { ...memberPayload(member, user), permissions: userBits.toString() },
        }
      : { user: userPayload(user) }),
    ...(source ? { message: messagePayload(world, source) } : {}),
  };
}
