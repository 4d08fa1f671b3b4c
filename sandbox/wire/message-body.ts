/** Stands in for what Discord makes of a written message (its reference, "Create Message", "Edit Message"). */

import type { APIEmbed } from 'discord-api-types/v10';
import { refuse } from '../rules/api-error.ts';
import type { SandboxChannel } from '../world/channel.ts';
import { type Component, flatten } from '../world/component.ts';
import { type AllowedMentions, type Mentions, resolveMentions } from '../world/mentions.ts';
import { type Attachment, type MessageParts, messageFlag, type SandboxMessage } from '../world/message.ts';
import { channelPermissions, permission } from '../world/permissions.ts';
import type { World } from '../world/world.ts';
import type { UploadedFile } from './read-body.ts';

/** The fields of a message that the bot sends, for a new one or an edit. */
export interface WrittenMessage {
  readonly content?: string | null;
  readonly embeds?: readonly APIEmbed[] | null;
  readonly components?: readonly Component[] | null;
  readonly attachments?: readonly { readonly id: string | number; readonly filename?: string }[] | null;
  readonly flags?: number | null;
  readonly allowed_mentions?: AllowedMentions | null;
  readonly nonce?: string | number | null;
  readonly enforce_nonce?: boolean | null;
}

const settableFlags = messageFlag.suppressEmbeds | messageFlag.componentsV2 | (1 << 12);

/**
 * What Discord takes of a body from a bot without Embed Links in the channel: all but the embeds, with a 200
 * (api-docs#2601, #5648). Throws 50006 if nothing else would be in the message; `isRest` says whether something
 * would.
 */
export function withoutEmbeds(written: WrittenMessage, isRest: boolean): WrittenMessage {
  if (!written.embeds?.length) return written;
  const shown = (written.content ?? '').trim() !== '' || flatten(written.components ?? []).length > 0;
  if (!shown && !isRest) throw refuse.emptyWithoutEmbeds();
  return { ...written, embeds: [] };
}

/**
 * The parts of a new message. Throws 50006 if there is nothing in it, and 50035 if the emoji of a component does not
 * exist.
 */
export function newParts(
  world: World,
  channel: SandboxChannel,
  written: WrittenMessage,
  files: readonly UploadedFile[],
  flags: number,
): MessageParts {
  checkEmojis(world, written);
  const attachments = files.map((file) => uploaded(world, file));
  const parts = {
    content: (written.content ?? '').trim(),
    embeds: [...(written.embeds ?? [])],
    components: [...(written.components ?? [])],
    attachments,
    flags: flags | ((written.flags ?? 0) & settableFlags),
    mentions: mentionsOf(world, channel, written.content ?? '', written.allowed_mentions),
  };
  if (isEmpty(parts)) throw refuse.emptyMessage();
  return parts;
}

/**
 * The parts that an edit changes, which are those that are given. Attachments stay unless they are listed anew; new
 * files are added.
 */
export function editedParts(
  world: World,
  channel: SandboxChannel,
  message: SandboxMessage,
  written: WrittenMessage,
  files: readonly UploadedFile[],
): Partial<MessageParts> {
  checkEmojis(world, written);
  const keptIds = written.attachments?.map((attachment) => String(attachment.id));
  const kept = message.attachments.filter((attachment) => !keptIds || keptIds.includes(attachment.id));
  const fixed = message.flags & ~messageFlag.loading & ~settableFlags;
  const content = written.content === undefined ? message.content : (written.content ?? '').trim();
  const parts = {
    content,
    embeds: written.embeds === undefined ? [...message.keptEmbeds] : [...(written.embeds ?? [])],
    components: written.components === undefined ? [...message.components] : [...(written.components ?? [])],
    attachments: [...kept, ...files.map((file) => uploaded(world, file))],
    flags:
      written.flags == null
        ? fixed | (message.flags & settableFlags)
        : fixed | (written.flags & settableFlags),
    mentions: mentionsOf(world, channel, content, written.allowed_mentions),
  };
  if (isEmpty(parts)) throw refuse.emptyMessage();
  return parts;
}

/** A custom emoji on a component must be one that the bot can use: of a server that it is in (api-docs#8071). */
function checkEmojis(world: World, { components }: WrittenMessage): void {
  for (const { emoji } of flatten(components ?? [])) {
    const known = emoji?.id == null || world.botGuilds().some((guild) => guild.emojis.has(emoji.id!));
    if (!known) throw refuse.unknownEmoji();
  }
}

function mentionsOf(
  world: World,
  channel: SandboxChannel,
  content: string,
  allowed: AllowedMentions | null | undefined,
): Mentions {
  const guild = world.guildOf(channel);
  const powerful =
    guild !== null && (channelPermissions(guild, channel, world.bot.id) & permission.mentionEveryone) !== 0n;
  return resolveMentions(
    content,
    allowed,
    (what) => powerful || guild?.roles.get(what)?.mentionable === true,
  );
}

function uploaded(world: World, file: UploadedFile): Attachment {
  return { id: world.newId(), name: file.name, contentType: file.contentType, data: file.data };
}

function isEmpty(parts: MessageParts): boolean {
  const shown = parts.content !== '' || parts.embeds.length > 0 || parts.attachments.length > 0;
  return !shown && flatten(parts.components).length === 0;
}
