import type { BulkDeletes } from '../../delivery/pace/bulk-delete-choice.ts';
import type { Deed, Obstacle } from '../../delivery/rights.ts';
import { escapeText } from '../../polls/text.ts';

/** What the bot knows of servers and channels, their names above all; null where it does not. */
export interface Names {
  channel(channelId: string): { readonly name: string; readonly guildId: string } | null;
  guild(guildId: string): string | null;
  /** For estimates: where many messages may be deleted at once. Unless given, nowhere. */
  readonly bulkDeletes?: BulkDeletes;
}

/**
 * Who reads a text: in public only what belongs to the server it is shown in is named; `guildId: null` means that the
 * reader may see everything (a private answer within their scope).
 */
export interface Audience {
  readonly guildId: string | null;
}

const elsewhere = 'a channel of another server';

/**
 * `#votes`, its mention where the name is unknown, or a vague word where it belongs to another server than the audience's.
 * `guildIds`: the servers it can only be of, which tell where the channel itself is not known, as one that is gone.
 */
export function channelName(
  names: Names,
  audience: Audience,
  channelId: string,
  guildIds: readonly string[] = [],
): string {
  const channel = names.channel(channelId);
  const possible = channel ? [channel.guildId] : guildIds;
  const own = possible.length > 0 && possible.every((guildId) => guildId === audience.guildId);
  if (audience.guildId !== null && !own) return elsewhere;
  return channel ? `#${escapeText(channel.name)}` : `<#${channelId}>`;
}

/** Replaces the channel mentions in a stored cause (`no access to <#123>`) by names. `guildIds`: the servers of its polls. */
export function nameChannels(
  names: Names,
  audience: Audience,
  text: string,
  guildIds: readonly string[] = [],
): string {
  return text.replaceAll(/(the (?:channel|thread) )?<#(\d+)>/g, (_all, before = '', channelId: string) => {
    const name = channelName(names, audience, channelId, guildIds);
    return name === elsewhere ? name : `${before}${name}`;
  });
}

/** Whether the bot can do what is to be done with a message in a channel, as far as it knows. */
export type ChannelAccess = (
  channelId: string,
  guildId: string,
  deed: Deed,
) => 'ok' | 'no access' | 'gone' | 'unknown' | Obstacle;
