import type { BulkDeletes } from '../delivery/bulk-choice.ts';
import { escapeText } from '../polls/text.ts';

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

/** `#votes`, its mention where the name is unknown, or a vague word where it belongs to another server. */
export function channelName(names: Names, audience: Audience, channelId: string): string {
  const channel = names.channel(channelId);
  if (!channel) return `<#${channelId}>`;
  if (audience.guildId !== null && channel.guildId !== audience.guildId) return 'a channel of another server';
  return `#${escapeText(channel.name)}`;
}

/** Replaces the channel mentions in a stored cause (`no access to <#123>`) by names. */
export function nameChannels(names: Names, audience: Audience, text: string): string {
  return text.replaceAll(/<#(\d+)>/g, (_mention, channelId: string) =>
    channelName(names, audience, channelId),
  );
}

/** Whether the bot can edit messages in a channel, or post them, as far as it knows. */
export type ChannelAccess = (
  channelId: string,
  guildId: string,
  wish: 'edit' | 'post',
) => 'ok' | 'no access' | 'gone' | 'unknown';
