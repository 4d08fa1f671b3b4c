import type { BulkDeletes } from '../../delivery/pace/bulk-delete-choice.ts';
import type { ChannelAccess, Deed } from '../../delivery/rights.ts';
import { escapeText } from '../../polls/text.ts';

/** What the bot knows of servers and channels, their names above all; null for what it does not know. */
export interface Names {
  channel(channelId: string): { readonly name: string; readonly serverId: string } | null;
  server(serverId: string): string | null;
  /** For estimates: where many messages may be deleted at once. Default: nowhere. */
  readonly bulkDeletes?: BulkDeletes;
}

/**
 * Who reads a text. In public only what belongs to the server where it is shown is named. `serverId: null`: the reader
 * may see everything, as in a private answer within their scope.
 */
export interface Audience {
  readonly serverId: string | null;
}

const elsewhere = 'a channel of another server';

/**
 * `#votes`; or the channel's mention if its name is unknown; or a vague word if it belongs to another server than the
 * audience's. `serverIds`: the servers to which it can belong. They help if the channel itself is unknown, such as one
 * that is gone.
 */
export function channelName(
  names: Names,
  audience: Audience,
  channelId: string,
  serverIds: readonly string[] = [],
): string {
  const channel = names.channel(channelId);
  const possible = channel ? [channel.serverId] : serverIds;
  const own = possible.length > 0 && possible.every((serverId) => serverId === audience.serverId);
  if (audience.serverId !== null && !own) return elsewhere;
  return channel ? `#${escapeText(channel.name)}` : `<#${channelId}>`;
}

/**
 * Replaces the channel mentions in a stored cause (`no access to <#123>`) by names. `serverIds`: the servers of its
 * polls.
 */
export function nameChannels(
  names: Names,
  audience: Audience,
  text: string,
  serverIds: readonly string[] = [],
): string {
  return text.replaceAll(/(the (?:channel|thread) )?<#(\d+)>/g, (_all, before = '', channelId: string) => {
    const name = channelName(names, audience, channelId, serverIds);
    return name === elsewhere ? name : `${before}${name}`;
  });
}

/** Whether the bot can do this with a message in a channel, as far as it knows. */
export type AccessCheck = (channelId: string, serverId: string, deed: Deed) => ChannelAccess;
