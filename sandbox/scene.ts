import type { SandboxChannel } from './channel.ts';
import type { Guild } from './guild.ts';
import type { SandboxMessage } from './message.ts';
import { permission } from './permissions.ts';
import { intent, type World } from './world.ts';

/** What happens in the servers around the bot, as tests bring it about. Connected bots are told. */
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

  /** New messages of the bot, or those in one channel, are born so many milliseconds in the past; 0: now. */
  backdate(ms: number, channelId?: string): void {
    if (channelId === undefined) this.world.backdateMs = ms;
    else this.world.backdatedChannels.set(channelId, ms);
  }

  /** Takes permissions from the bot in a channel: sight of it, if nothing else is said. */
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
    this.#botOverwrite(channel).deny &= ~bits;
    this.world.dispatchChannel(channel, 'CHANNEL_UPDATE');
  }

  #botOverwrite(channel: SandboxChannel) {
    const found = channel.overwrites.find((overwrite) => overwrite.id === this.world.bot.id);
    if (found) return found;
    const made = { id: this.world.bot.id, type: 1 as const, allow: 0n, deny: 0n };
    channel.overwrites.push(made);
    return made;
  }

  /** Sets what the bot's own role allows in a guild; @everyone's bits remain. */
  setBotPermissions(guildId: string, bits: bigint): void {
    const guild = this.guild(guildId);
    const role = [...guild.roles.values()].find((candidate) => candidate.botId === this.world.bot.id)!;
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

  /** Archives or reopens a thread. */
  archive(threadId: string, archived = true): void {
    const thread = this.channel(threadId);
    thread.archived = archived;
    this.world.dispatchChannel(thread, 'THREAD_UPDATE');
  }
}
