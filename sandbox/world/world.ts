import { randomBytes } from 'node:crypto';
import { channelType, SandboxChannel } from './channel.ts';
import type { StoredCommand } from './command.ts';
import { type Guild, type Member, memberPayload, type Role, rolePayload, type User } from './guild.ts';
import { intent } from './intent.ts';
import type { SandboxInteraction } from './interaction.ts';
import { type MessageInit, type MessageParts, messageFlag, SandboxMessage } from './message.ts';
import { messagePayload } from './message-payload.ts';
import { channelPermissions, everyonePermissions } from './permissions.ts';
import { createSnowflakes } from './snowflake.ts';

/** Something that Discord tells the bot (its reference, "Gateway Events"). `data` is called once for each session. */
export interface Dispatch {
  readonly name: string;
  readonly guildId: string | null;
  /** The intent without which it is not sent; 0: always sent. */
  readonly intent: number;
  readonly data: (intents: number) => object;
}

/** All that the stand-in knows: servers, people, messages, commands, interactions. There is no network in it. */
export class World {
  readonly now: () => number;
  readonly guilds = new Map<string, Guild>();
  readonly users = new Map<string, User>();
  readonly channels = new Map<string, SandboxChannel>();
  readonly messages = new Map<string, SandboxMessage>();
  readonly interactions = new Map<string, SandboxInteraction>();
  readonly commands = new Map<string, StoredCommand>();
  readonly bot: User;
  readonly newId: (atMs?: number) => string;
  /** How many milliseconds in the past new messages of the bot are born. */
  backdateMs = 0;
  /** The same for one channel, by id. It wins over `backdateMs`. */
  readonly backdatedChannels = new Map<string, number>();
  /** Where attachments are fetched from; known once the server listens. */
  baseUrl = '';
  dispatch: (event: Dispatch) => void = () => {};

  constructor(now: () => number, botName: string) {
    this.now = now;
    const snowflake = createSnowflakes();
    this.newId = (atMs) => snowflake(atMs ?? now());
    this.bot = this.addUser(botName, { bot: true, id: this.newId(now() - 365 * 86_400_000) });
  }

  get applicationId(): string {
    return this.bot.id;
  }

  addUser(name: string, options: { id?: string | undefined; bot?: boolean } = {}): User {
    const user = {
      id: options.id ?? this.newId(),
      name,
      bot: options.bot ?? false,
      acceptsDirectMessages: true,
    };
    this.users.set(user.id, user);
    return user;
  }

  addGuild(name: string, botPermissions: bigint): Guild {
    const id = this.newId();
    const owner = this.addUser(`Owner of ${name}`);
    const guild: Guild = {
      id,
      name,
      ownerId: owner.id,
      locale: 'en-US',
      joinedAt: this.now(),
      now: this.now,
      announced: false,
      roles: new Map(),
      channels: new Map(),
      members: new Map(),
      emojis: new Map(),
    };
    const everyone: Role = {
      id,
      name: '@everyone',
      permissions: everyonePermissions,
      position: 0,
      mentionable: false,
      color: 0,
      botId: null,
    };
    guild.roles.set(id, everyone);
    this.guilds.set(id, guild);
    const role = this.addRole(guild, {
      name: this.bot.name,
      permissions: botPermissions,
      botId: this.bot.id,
    });
    this.addMember(guild, owner.id, []);
    this.addMember(guild, this.bot.id, [role.id]);
    return guild;
  }

  addRole(
    guild: Guild,
    role: { name: string; permissions: bigint; mentionable?: boolean; botId?: string },
  ): Role {
    const added: Role = {
      id: this.newId(),
      name: role.name,
      permissions: role.permissions,
      position: guild.roles.size,
      mentionable: role.mentionable ?? false,
      color: 0,
      botId: role.botId ?? null,
    };
    guild.roles.set(added.id, added);
    this.dispatchRole(guild, added, 'GUILD_ROLE_CREATE');
    return added;
  }

  addMember(guild: Guild, userId: string, roles: string[]): Member {
    const member: Member = { userId, roles, joinedAt: this.now(), timedOutUntil: null };
    guild.members.set(userId, member);
    this.dispatch({
      name: 'GUILD_MEMBER_ADD',
      guildId: guild.id,
      intent: intent.guildMembers,
      data: () => ({ ...memberPayload(member, this.users.get(userId)!), guild_id: guild.id }),
    });
    return member;
  }

  addChannel(guild: Guild, name: string, options: { type?: number; parentId?: string } = {}): SandboxChannel {
    const type = options.type ?? channelType.text;
    const channel = new SandboxChannel({
      id: this.newId(),
      name,
      type,
      guildId: guild.id,
      parentId: options.parentId ?? null,
    });
    this.channels.set(channel.id, channel);
    guild.channels.set(channel.id, channel);
    this.dispatchChannel(channel, channel.isThread ? 'THREAD_CREATE' : 'CHANNEL_CREATE');
    return channel;
  }

  /** Archives, opens, locks or unlocks a thread. */
  setThread(thread: SandboxChannel, state: { readonly archived?: boolean; readonly locked?: boolean }): void {
    Object.assign(thread, state);
    this.dispatchChannel(thread, 'THREAD_UPDATE');
  }

  /** The guilds that the bot is in. */
  botGuilds(): Guild[] {
    return [...this.guilds.values()].filter((guild) => guild.members.has(this.bot.id));
  }

  /** The direct channel between the bot and a user. It is made when it is first needed. */
  directChannel(user: User): SandboxChannel {
    for (const channel of this.channels.values()) if (channel.recipientId === user.id) return channel;
    const made = new SandboxChannel({
      id: this.newId(),
      name: `@${user.name}`,
      type: channelType.direct,
      guildId: null,
      recipientId: user.id,
    });
    this.channels.set(made.id, made);
    return made;
  }

  guildOf(channel: SandboxChannel): Guild | null {
    return channel.guildId === null ? null : (this.guilds.get(channel.guildId) ?? null);
  }

  addMessage(
    channel: SandboxChannel,
    init: Omit<MessageInit, 'id' | 'channelId' | 'guildId'>,
  ): SandboxMessage {
    const backdateMs = this.backdatedChannels.get(channel.id) ?? this.backdateMs;
    const at = this.now() - (init.authorId === this.bot.id ? backdateMs : 0);
    const message = new SandboxMessage(
      { ...init, id: this.newId(at), channelId: channel.id, guildId: channel.guildId },
      this.now(),
    );
    this.messages.set(message.id, message);
    channel.byId.set(message.id, message);
    channel.changed.emit();
    this.#dispatchMessage(message, 'MESSAGE_CREATE', (intents) => messagePayload(this, message, intents));
    return message;
  }

  editMessage(message: SandboxMessage, parts: Partial<MessageParts>): void {
    message.edit(parts, this.now());
    this.#tell(message);
    this.#dispatchMessage(message, 'MESSAGE_UPDATE', (intents) => messagePayload(this, message, intents));
  }

  deleteMessage(message: SandboxMessage): void {
    message.deleted = true;
    this.messages.delete(message.id);
    this.channels.get(message.channelId)?.byId.delete(message.id);
    this.#tell(message);
    this.#dispatchMessage(message, 'MESSAGE_DELETE', () => ({
      id: message.id,
      channel_id: message.channelId,
      ...(message.guildId ? { guild_id: message.guildId } : {}),
    }));
  }

  /** Whether the bot sees a channel. Only then it is told of the channel's threads. */
  seesChannel(channel: SandboxChannel): boolean {
    const guild = this.guildOf(channel);
    return guild === null || channelPermissions(guild, channel, this.bot.id) !== 0n;
  }

  dispatchChannel(channel: SandboxChannel, name: string): void {
    if (channel.isThread && !this.seesChannel(channel)) return;
    this.dispatch({ name, guildId: channel.guildId, intent: intent.guilds, data: () => channel.payload() });
  }

  dispatchRole(guild: Guild, role: Role, name: string): void {
    const data = () => ({ guild_id: guild.id, role: rolePayload(role) });
    this.dispatch({ name, guildId: guild.id, intent: intent.guilds, data });
  }

  /** GUILD_MEMBER_UPDATE of the bot itself comes whatever the intents (Discord's reference, "Guild Member Update"). */
  dispatchMember(guild: Guild, member: Member): void {
    this.dispatch({
      name: 'GUILD_MEMBER_UPDATE',
      guildId: guild.id,
      intent: member.userId === this.bot.id ? intent.none : intent.guildMembers,
      data: () => ({ ...memberPayload(member, this.users.get(member.userId)!), guild_id: guild.id }),
    });
  }

  /** A token of an interaction or a session: long, and safe in a path. */
  newToken(): string {
    return randomBytes(60).toString('base64url');
  }

  #tell(message: SandboxMessage): void {
    message.changed.emit();
    this.channels.get(message.channelId)?.changed.emit();
  }

  #dispatchMessage(message: SandboxMessage, name: string, data: (intents: number) => object): void {
    if (message.flags & messageFlag.ephemeral) return;
    const needed = message.guildId ? intent.guildMessages : intent.directMessages;
    this.dispatch({ name, guildId: message.guildId, intent: needed, data });
  }
}
