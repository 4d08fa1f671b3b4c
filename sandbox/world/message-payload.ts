/**
 * Stands in for the form in which messages reach the bot (Discord's reference, "Message Object", "Message Content
 * Intent").
 */

import { type Guild, memberPayload, type User, userPayload } from './guild.ts';
import { intent } from './intent.ts';
import type { SandboxMessage } from './message.ts';

/** What a message's payload says of everything around it. */
export interface MessageSurroundings {
  readonly users: ReadonlyMap<string, User>;
  readonly guilds: ReadonlyMap<string, Guild>;
  readonly bot: User;
  readonly applicationId: string;
  /** Where attachments are fetched from. */
  readonly baseUrl: string;
}

/**
 * A message as Discord's API shows it to the bot. `intents`: those of the session, if it comes over the gateway.
 * Without the intent for message contents, what others wrote is blank.
 */
export function messagePayload(world: MessageSurroundings, message: SandboxMessage, intents = -1): object {
  const author = world.users.get(message.authorId)!;
  const guild = message.guildId ? world.guilds.get(message.guildId) : undefined;
  const visible =
    message.authorId === world.bot.id || !message.guildId || (intents & intent.messageContent) !== 0;
  return {
    id: message.id,
    type: message.interactionId ? 20 : 0,
    channel_id: message.channelId,
    ...(message.guildId && intents !== -1 ? { guild_id: message.guildId, ...memberOf(guild, message) } : {}),
    author: userPayload(author),
    content: visible ? message.content : '',
    timestamp: new Date(message.createdAt).toISOString(),
    edited_timestamp: message.editedAt === null ? null : new Date(message.editedAt).toISOString(),
    tts: false,
    mention_everyone: message.mentions.everyone,
    mentions: message.mentions.users.flatMap((id) => {
      const user = world.users.get(id);
      return user ? [userPayload(user)] : [];
    }),
    mention_roles: message.mentions.roles,
    attachments: visible ? message.attachments.map((file) => attachmentPayload(world, message, file)) : [],
    embeds: visible ? message.embeds.map((embed) => ({ type: 'rich', ...embed })) : [],
    components: visible ? message.components : [],
    reactions: [],
    pinned: false,
    flags: message.flags,
    ...(message.nonce === null ? {} : { nonce: message.nonce }),
    ...(message.interactionId ? { webhook_id: world.applicationId } : {}),
    ...(message.authorId === world.bot.id ? { application_id: world.applicationId } : {}),
  };
}

function memberOf(guild: Guild | undefined, message: SandboxMessage): object {
  const member = guild?.members.get(message.authorId);
  if (!member) return {};
  const { user: _user, ...rest } = memberPayload(member, {
    id: '',
    name: '',
    bot: false,
    acceptsDirectMessages: true,
  }) as {
    user: object;
  };
  return { member: rest };
}

function attachmentPayload(
  world: MessageSurroundings,
  message: SandboxMessage,
  file: SandboxMessage['attachments'][number],
): object {
  const url = `${world.baseUrl}/attachments/${message.channelId}/${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    filename: file.name,
    size: file.data.length,
    content_type: file.contentType,
    url,
    proxy_url: url,
  };
}
