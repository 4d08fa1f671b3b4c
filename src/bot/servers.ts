import {
  type Client,
  type Guild,
  type GuildBasedChannel,
  PermissionFlagsBits,
  type PermissionsBitField,
  ShardClientUtil,
} from 'discord.js';
import { inScope, type Scope } from '../polls/scope.ts';
import { permissionsOf } from './channel-permissions.ts';
import type { Choice } from './handlers.ts';

/** `unknown`: this process is not (yet) told about that channel. */
export type ChannelAccess = 'ok' | 'no access' | 'gone' | 'unknown';

/** What the gateway tells about servers and channels. Nothing here asks Discord; what is not known is null. */
export interface Servers {
  guildName(guildId: string): string | null;
  channelName(channelId: string): string | null;
  /** The server of a channel. */
  guildOf(channelId: string): string | null;
  /** Whether the bot can edit its messages there, or also post. `guildId` helps to tell a channel that is gone. */
  channelAccess(channelId: string, guildId?: string, wish?: 'edit' | 'post'): ChannelAccess;
  /** The channel's server, if the bot may delete many messages at once there. */
  bulkDeleteServer(channelId: string): string | null;
  /** The permissions that the bot lacks to post polls there, by Discord's names. */
  missingToPost(channelId: string): readonly string[] | null;
  /** For autocomplete: servers in scope whose name contains `text` or whose id starts with it. */
  search(scope: Scope, text: string): readonly Choice[];
}

export function gatewayServers(client: Client): Servers {
  const channel = (id: string): GuildBasedChannel | null => {
    const found = client.channels.cache.get(id);
    return found && !found.isDMBased() ? found : null;
  };
  return {
    guildName: (id) => client.guilds.cache.get(id)?.name ?? null,
    channelName: (id) => channel(id)?.name ?? null,
    guildOf: (id) => channel(id)?.guildId ?? null,
    channelAccess: (id, guildId, wish = 'edit') => {
      const found = channel(id);
      if (found === null) return guildId === undefined ? 'unknown' : accessWithout(client, guildId);
      const permissions = botPermissions(found);
      if (permissions === null) return 'unknown';
      const posting = postingPermissions(found.isThread()).map(([, bit]) => bit);
      return permissions.has(wish === 'post' ? posting : PermissionFlagsBits.ViewChannel)
        ? 'ok'
        : 'no access';
    },
    bulkDeleteServer: (id) => {
      const found = channel(id);
      const permissions = found && botPermissions(found);
      return permissions?.has(manyDeletes) ? found!.guildId : null;
    },
    missingToPost: (id) => {
      const found = channel(id);
      const permissions = found && botPermissions(found);
      return permissions
        ? postingPermissions(found.isThread())
            .filter(([, bit]) => !permissions.has(bit))
            .map(([name]) => name)
        : null;
    },
    search: (scope, text) => {
      const wanted = text.trim().toLowerCase();
      return [...client.guilds.cache.values()]
        .filter((guild) => inScope(scope, guild.id))
        .filter((guild) => (guild.name ?? '').toLowerCase().includes(wanted) || guild.id.startsWith(wanted))
        .sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''))
        .slice(0, 25)
        .map((guild) => ({ name: guild.name ?? guild.id, value: guild.id }));
    },
  };
}

/** Our own messages may be deleted one by one without it. */
const manyDeletes = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ManageMessages;

/**
 * Calls back when the bot's access somewhere may have changed: in one channel, or (`channelId` null) in a whole server.
 */
export function onAccessChange(
  client: Client,
  changed: (guildId: string, channelId: string | null) => void,
): void {
  const inGuild = (guild: Guild) => changed(guild.id, null);
  const inChannel = (channel: { id: string; guildId?: string | null }) => {
    if (channel.guildId) changed(channel.guildId, channel.id);
  };
  client.on('channelCreate', inChannel);
  client.on('channelUpdate', (before, after) => {
    inChannel('guildId' in after ? after : (before as { id: string }));
    // Channels of a category follow its permissions.
    if ('children' in after) for (const child of after.children.cache.values()) inChannel(child);
  });
  client.on('threadCreate', inChannel);
  client.on('threadUpdate', (_, after) => inChannel(after));
  client.on('roleUpdate', (_, role) => inGuild(role.guild));
  client.on('roleDelete', (role) => inGuild(role.guild));
  client.on('guildCreate', inGuild);
  client.on('guildAvailable', inGuild);
  client.on('guildMemberUpdate', (_, member) => {
    if (member.id === client.user?.id) inGuild(member.guild);
  });
}

export function postingPermissions(inThread: boolean): readonly (readonly [string, bigint])[] {
  return [
    ['View Channel', PermissionFlagsBits.ViewChannel],
    inThread
      ? ['Send Messages in Threads', PermissionFlagsBits.SendMessagesInThreads]
      : ['Send Messages', PermissionFlagsBits.SendMessages],
    ['Embed Links', PermissionFlagsBits.EmbedLinks],
  ];
}

function botPermissions(channel: GuildBasedChannel): Readonly<PermissionsBitField> | null {
  const { me } = channel.guild.members;
  return me && permissionsOf(channel, me);
}

/** What the absence of a channel means depends on whether this process would know of it. */
function accessWithout(client: Client, guildId: string): ChannelAccess {
  const guild = client.guilds.cache.get(guildId);
  // A server without any channel is one whose channels were not told.
  if (guild) return guild.available && guild.channels.cache.size > 0 ? 'gone' : 'unknown';
  // Told of no server at all, this process cannot say of any that the bot is not in it.
  if (client.guilds.cache.size === 0) return 'unknown';
  const count = client.options.shardCount ?? 1;
  const ours = client.isReady() && client.ws.shards.has(ShardClientUtil.shardIdForGuildId(guildId, count));
  return ours ? 'no access' : 'unknown';
}
