/**
 * Stands in for a guild with its roles, members and emoji (Discord's reference, "Guild Object", "Role Object", "Guild
 * Member Object").
 */

import type { SandboxChannel } from './channel.ts';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly bot: boolean;
  /** False: a direct message to them is refused with 50007. */
  acceptsDirectMessages: boolean;
}

export interface Role {
  readonly id: string;
  readonly name: string;
  permissions: bigint;
  position: number;
  mentionable: boolean;
  color: number;
  /** The bot that this role came with, if any. */
  readonly botId: string | null;
}

export interface Member {
  readonly userId: string;
  readonly roles: string[];
  readonly joinedAt: number;
  /** Until when they are timed out, in Unix milliseconds; null: never. */
  timedOutUntil: number | null;
}

/** A custom emoji of a guild. */
export interface Emoji {
  readonly id: string;
  readonly name: string;
}

export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly locale: string;
  readonly joinedAt: number;
  readonly now: () => number;
  /** False while it is being set up. Then connected bots hear of all of it at once, by GUILD_CREATE. */
  announced: boolean;
  readonly roles: Map<string, Role>;
  readonly channels: Map<string, SandboxChannel>;
  readonly members: Map<string, Member>;
  readonly emojis: Map<string, Emoji>;
}

/** A user as Discord's API shows one. */
export function userPayload(user: User): object {
  return {
    id: user.id,
    username: user.name.toLowerCase().replace(/[^a-z0-9_.]+/g, '_'),
    discriminator: '0',
    global_name: user.name,
    avatar: null,
    bot: user.bot,
    public_flags: 0,
    flags: 0,
  };
}

export function rolePayload(role: Role): object {
  return {
    id: role.id,
    name: role.name,
    permissions: role.permissions.toString(),
    position: role.position,
    mentionable: role.mentionable,
    color: role.color,
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    managed: role.botId !== null,
    flags: 0,
    ...(role.botId ? { tags: { bot_id: role.botId } } : {}),
  };
}

export function memberPayload(member: Member, user: User): object {
  return {
    user: userPayload(user),
    nick: null,
    avatar: null,
    banner: null,
    roles: member.roles,
    joined_at: new Date(member.joinedAt).toISOString(),
    premium_since: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0,
    communication_disabled_until:
      member.timedOutUntil === null ? null : new Date(member.timedOutUntil).toISOString(),
  };
}

export function emojiPayloads(guild: Guild): object[] {
  const common = { roles: [], require_colons: true, managed: false, animated: false, available: true };
  return [...guild.emojis.values()].map((emoji) => ({ ...emoji, ...common }));
}

/** What `GET /guilds/{id}` and the head of GUILD_CREATE hold. */
export function guildPayload(guild: Guild): object {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.ownerId,
    preferred_locale: guild.locale,
    roles: [...guild.roles.values()].map(rolePayload),
    emojis: emojiPayloads(guild),
    stickers: [],
    features: [],
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 1,
    default_message_notifications: 1,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    max_members: 500_000,
    max_video_channel_users: 25,
  };
}
