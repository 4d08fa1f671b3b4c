import { OAuth2Scopes, PermissionFlagsBits } from 'discord-api-types/v10';
import { counted } from './base/display/plural.ts';
import { version } from './base/version.ts';

/** The permissions that the bot needs, as the README lists and explains them. */
const permissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.ReadMessageHistory;

/** What discord.js's client knows once it is connected. */
interface Connected {
  readonly user: { readonly username: string } | null;
  readonly application: { readonly id: string } | null;
  readonly guilds: { readonly cache: { readonly size: number } };
}

/** Who is ready, where, and how to invite it: https://discord.com/developers/docs/topics/oauth2#bot-authorization-flow */
export function readyLine({ user, application, guilds }: Connected): string {
  const { size } = guilds.cache;
  const scope = [OAuth2Scopes.Bot, OAuth2Scopes.ApplicationsCommands].join('+');
  return (
    `Gavel ${version()} is ready as ${user?.username} in ${counted(size, 'server')}; invite: ` +
    `https://discord.com/oauth2/authorize?client_id=${application?.id}&scope=${scope}&permissions=${permissions}`
  );
}
