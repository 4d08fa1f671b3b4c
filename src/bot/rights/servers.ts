import {
  type Client,
  type GuildBasedChannel,
  PermissionFlagsBits,
  type PermissionsBitField,
  ShardClientUtil,
} from 'discord.js';
import { type Clock, systemClock } from '../../base/clock.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import type { ChannelAccess, Deed, Obstacles } from '../../delivery/rights.ts';
import { inScope, type Scope } from '../../polls/scope.ts';
import type { Choice } from '../handlers.ts';
import { permissionsOf } from './channel-permissions.ts';
import { missingToPost, obstacleIn } from './channel-rights.ts';

/** What the gateway tells about servers and channels. Nothing here asks Discord. What is not known is null. */
export interface Servers {
  serverName(serverId: string): string | null;
  channelName(channelId: string): string | null;
  /** The server of a channel. */
  serverOf(channelId: string): string | null;
  /** Whether the bot can do this with a poll's message there. `serverId` helps to tell a channel that is gone. */
  channelAccess(channelId: string, serverId?: string, deed?: Deed): ChannelAccess;
  /** The known obstacles to that. */
  readonly obstacle: Obstacles;
  /** The channel's server, if the bot may delete many messages at once there. */
  bulkDeleteServer(channelId: string): string | null;
  /** The permissions that the bot lacks to post polls there, by Discord's names. */
  missingToPost(channelId: string): readonly string[] | null;
  /** For autocomplete: servers in scope whose name contains `text` or whose id starts with it. */
  search(scope: Scope, text: string): readonly Choice[];
}

export function gatewayServers(client: Client, clock: Clock = systemClock): Servers {
  const channel = (id: string): GuildBasedChannel | null => {
    const found = client.channels.cache.get(id);
    if (!found || found.isDMBased()) return null;
    // A channel that was deleted while the connection was lost stays in the client's cache, but not in its server's.
    return found.isThread() || found.guild.channels.cache.has(id) ? found : null;
  };
  const botPermissions = (found: GuildBasedChannel): Readonly<PermissionsBitField> | null => {
    const { me } = found.guild.members;
    return me && permissionsOf(found, me, clock.now());
  };
  return {
    serverName: (id) => client.guilds.cache.get(id)?.name ?? null,
    channelName: (id) => channel(id)?.name ?? null,
    serverOf: (id) => channel(id)?.guildId ?? null,
    channelAccess: (id, serverId, deed = 'edit') => {
      const found = channel(id);
      if (found === null) return serverId === undefined ? 'unknown' : accessWithout(client, serverId);
      if (botPermissions(found) === null) return 'unknown';
      const obstacle = obstacleIn(found, deed, clock.now());
      const closed = obstacle?.right === 'view' && obstacle.timedOutUntil === null;
      return closed ? 'no access' : (obstacle ?? 'ok');
    },
    obstacle: (id, deed) => {
      const found = channel(id);
      return found && obstacleIn(found, deed, clock.now());
    },
    bulkDeleteServer: (id) => {
      const found = channel(id);
      const permissions = found && botPermissions(found);
      return permissions?.has(manyDeletes) ? found!.guildId : null;
    },
    missingToPost: (id) => {
      const found = channel(id);
      const permissions = found && botPermissions(found);
      return permissions && missingToPost(found, permissions);
    },
    search: (scope, text) => {
      const wanted = text.trim().toLowerCase();
      return [...client.guilds.cache.values()]
        .filter((guild) => inScope(scope, guild.id))
        .filter((guild) => (guild.name ?? '').toLowerCase().includes(wanted) || guild.id.startsWith(wanted))
        .sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''))
        .slice(0, discordLimits.choices)
        .map((guild) => ({ name: guild.name ?? guild.id, value: guild.id }));
    },
  };
}

/** The permissions for a bulk delete. Without them our own messages may still be deleted one by one. */
const manyDeletes = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ManageMessages;

/** What it means that a channel is not known: that depends on whether this process would know of it. */
function accessWithout(client: Client, serverId: string): ChannelAccess {
  const guild = client.guilds.cache.get(serverId);
  // A server without any channel is one whose channels were not told.
  if (guild) return guild.available && guild.channels.cache.size > 0 ? 'gone' : 'unknown';
  // If this process was told of no server at all, it cannot say of any that the bot is not in it.
  if (client.guilds.cache.size === 0) return 'unknown';
  const count = client.options.shardCount ?? 1;
  const ours = client.isReady() && client.ws.shards.has(ShardClientUtil.shardIdForGuildId(serverId, count));
  return ours ? 'no access' : 'unknown';
}
