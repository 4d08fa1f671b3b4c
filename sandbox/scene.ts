/**
 * Stands in for moderators and for Discord's own moods. The rules behind it are listed in README.md with their
 * sources.
 */

import type { SandboxChannel } from './world/channel.ts';
import { type Emoji, emojiPayloads, type Guild, type Role } from './world/guild.ts';
import { intent } from './world/intent.ts';
import { messageFlag, type SandboxMessage } from './world/message.ts';
import { permission } from './world/permissions.ts';
import type { World } from './world/world.ts';

/** What happens in the servers around the bot, for tests to bring about. Connected bots are told. */
export class Scene {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  guild(id: string): Guild {
    const guild = this.world.guilds.get(id);
    if (!guild) throw new Error(`no guild ${id}`);
    return guild;
  }

  channel(id: string): SandboxChannel {
    const channel = this.world.channels.get(id);
    if (!channel) throw new Error(`no channel ${id}`);
    return channel;
  }

  message(id: string): SandboxMessage {
    const message = this.world.messages.get(id);
    if (!message) throw new Error(`no message ${id}`);
    return message;
  }

  /** Every message that exists, private ones included. */
  get messages(): SandboxMessage[] {
    return [...this.world.messages.values()];
  }

  /** New messages of the bot, or those in one channel, get a time this many milliseconds in the past; 0: now. */
  backdate(ms: number, channelId?: string): void {
    if (channelId === undefined) this.world.backdateMs = ms;
    else this.world.backdatedChannels.set(channelId, ms);
  }

  /** Takes permissions from the bot in a channel. Default: to see it. */
  deny(channelId: string, bits: bigint = permission.viewChannel): void {
    const channel = this.channel(channelId);
    const own = this.#botOverwrite(channel);
    own.deny |= bits;
    own.allow &= ~bits;
    this.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
  }

  /** Gives permissions back that `deny` took. */
  allow(channelId: string, bits: bigint = permission.viewChannel): void {
    const channel = this.channel(channelId);
    const saw = this.world.seesChannel(channel);
    this.#botOverwrite(channel).deny &= ~bits;
    this.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
    if (!saw && this.world.seesChannel(channel)) this.#syncThreads(channel);
  }

  /** A bot that comes to see a channel is told of its active threads (Discord's reference, "Thread List Sync"). */
  #syncThreads(parent: SandboxChannel): void {
    const guild = this.world.guildOf(parent);
    const threads = [...(guild?.channels.values() ?? [])].filter(
      (thread) => thread.isThread && thread.parentId === parent.id && !thread.archived,
    );
    const data = () => ({
      guild_id: parent.guildId,
      channel_ids: [parent.id],
      threads: threads.map((thread) => thread.payload()),
      members: [],
    });
    this.world.dispatch({ name: 'THREAD_LIST_SYNC', guildId: parent.guildId, intent: intent.guilds, data });
  }

  #botOverwrite(channel: SandboxChannel) {
    const found = channel.overwrites.find((overwrite) => overwrite.id === this.world.bot.id);
    if (found) return found;
    const made = { id: this.world.bot.id, type: 1 as const, allow: 0n, deny: 0n };
    channel.overwrites.push(made);
    return made;
  }

  /** Sets what the bot's own role allows in a guild. @everyone's permissions stay. */
  setBotPermissions(guildId: string, bits: bigint): void {
    const guild = this.guild(guildId);
    const role = this.#botRole(guild);
    role.permissions = bits;
    this.world.dispatchRole(guild, role, 'GUILD_ROLE_UPDATE');
  }

  /** Somebody deletes a message by hand. */
  removeMessage(id: string): void {
    this.world.deleteMessage(this.message(id));
  }

  removeChannel(id: string): void {
    const channel = this.channel(id);
    for (const message of channel.byId.values()) this.world.messages.delete(message.id);
    this.world.channels.delete(id);
    this.world.guildOf(channel)?.channels.delete(id);
    this.world.dispatchChannel(channel, channel.isThread ? 'THREAD_DELETE' : 'CHANNEL_DELETE');
  }

  /** The bot is thrown out of a guild, which goes on without it. */
  removeGuild(id: string): void {
    const guild = this.guild(id);
    guild.members.delete(this.world.bot.id);
    this.world.dispatch({ name: 'GUILD_DELETE', guildId: id, intent: intent.guilds, data: () => ({ id }) });
  }

  /** A thread is closed, by somebody or by Discord for want of messages; or somebody opens it. */
  archive(threadId: string, archived = true): void {
    this.world.setThread(this.channel(threadId), { archived });
  }

  /** Locks a thread, or unlocks it. */
  lock(threadId: string, locked = true): void {
    this.world.setThread(this.channel(threadId), { locked });
  }

  setTopic(channelId: string, topic: string): void {
    const channel = this.channel(channelId);
    channel.topic = topic;
    this.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
  }

  /** Gives a role another colour: the role changes, its permissions do not. Default: the bot's own role. */
  setRoleColour(guildId: string, color: number, roleId?: string): void {
    const guild = this.guild(guildId);
    const role = roleId === undefined ? this.#botRole(guild) : guild.roles.get(roleId)!;
    role.color = color;
    this.world.dispatchRole(guild, role, 'GUILD_ROLE_UPDATE');
  }

  /**
   * Times a member out until then (Unix milliseconds; null lifts it). Default: the bot. Discord tells of the
   * beginning, not of the end (api-docs#6847).
   */
  timeOut(guildId: string, until: number | null, userId: string = this.world.bot.id): void {
    const guild = this.guild(guildId);
    const member = guild.members.get(userId)!;
    member.timedOutUntil = until;
    this.world.dispatchMember(guild, member);
  }

  /** A moderator hides a message's embeds (flag SUPPRESS_EMBEDS), or shows them again. */
  hideEmbeds(messageId: string, hidden = true): void {
    const message = this.message(messageId);
    const { suppressEmbeds } = messageFlag;
    const flags = hidden ? message.flags | suppressEmbeds : message.flags & ~suppressEmbeds;
    this.world.editMessage(message, { flags });
  }

  /** A moderator publishes a message of an announcement channel. */
  publish(messageId: string): void {
    const message = this.message(messageId);
    this.world.editMessage(message, { flags: message.flags | messageFlag.crossposted });
  }

  addEmoji(guildId: string, name: string): Emoji {
    const emoji = { id: this.world.newId(), name };
    this.guild(guildId).emojis.set(emoji.id, emoji);
    this.#dispatchEmojis(guildId);
    return emoji;
  }

  removeEmoji(guildId: string, emojiId: string): void {
    this.guild(guildId).emojis.delete(emojiId);
    this.#dispatchEmojis(guildId);
  }

  #dispatchEmojis(guildId: string): void {
    const data = () => ({ guild_id: guildId, emojis: emojiPayloads(this.guild(guildId)) });
    this.world.dispatch({
      name: 'GUILD_EMOJIS_UPDATE',
      guildId,
      intent: intent.guildExpressions,
      data,
    });
  }

  #botRole(guild: Guild): Role {
    return [...guild.roles.values()].find((candidate) => candidate.botId === this.world.bot.id)!;
  }
}
