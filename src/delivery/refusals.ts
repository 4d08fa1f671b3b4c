import type { Obstacle, Right } from './rights.ts';

/** A refusal of something in a channel: which right was refused, and why in plain words. */
export interface Refusal {
  readonly right: Right;
  readonly reason: string;
}

/** What was asked of Discord in a channel when it refused. */
export type Asked = 'post' | 'edit' | 'delete' | 'open';

const emptyMessage = 50006;
const noAccess = 50001;
const missingPermissions = 50013;
const archivedThread = 50083;
const lockedThread = 160005;
/** Too many threads, and too many threads in announcement channels. */
const tooManyThreads = [160006, 160007] as const;

/** Codes of refusals that no right ends. Other threads must fall asleep, of which no event tells reliably. */
export const endsByTime: readonly string[] = tooManyThreads.map(String);

/**
 * What an error code says about a channel (Discord's API reference, "JSON Error Codes"); null: it says nothing about
 * the channel, only about one message or nothing. `obstacle`: what the gateway says of the same.
 */
export function refusalOf(
  code: number,
  asked: Asked,
  channelId: string,
  obstacle: Obstacle | null,
): Refusal | null {
  const place = `<#${channelId}>`;
  switch (code) {
    case 10003:
      return { right: 'view', reason: `the channel ${place} no longer exists` };
    case 10004:
      return { right: 'view', reason: `the bot is no longer in the server of ${place}` };
    case noAccess:
      return { right: 'view', reason: `no access to ${place}` };
    case 50024:
      return { right: 'post', reason: `${place} is a kind of channel that cannot hold messages` };
    // Our messages are never empty, so Discord has left the embed out (api-docs#5648).
    case emptyMessage:
      return { right: 'embed', reason: lacking(channelId, obstacle ?? noEmbeds) };
    case missingPermissions:
      return { right: asked, reason: missing(asked, channelId, obstacle) };
    case archivedThread:
      return { right: 'open', reason: `the thread ${place} is archived and locked` };
    case lockedThread:
      return { right: asked, reason: `the thread ${place} is locked, and the bot lacks Manage Threads` };
    case tooManyThreads[0]:
    case tooManyThreads[1]:
      return {
        right: 'open',
        reason: `the server has too many active threads: the thread ${place} is archived and can be opened once others are archived`,
      };
    default:
      return null;
  }
}

/** Discord took a message without its embed. */
export const noEmbeds: Obstacle = { right: 'embed', permissions: ['Embed Links'], timedOutUntil: null };

/** The words for an obstacle that the gateway told of, when nothing was sent. */
export function lacking(channelId: string, obstacle: Obstacle): string {
  const place = `<#${channelId}>`;
  if (obstacle.timedOutUntil !== null)
    return `the bot is timed out in the server of ${place} until ${minute(obstacle.timedOutUntil)}`;
  if (obstacle.right === 'view') return `no access to ${place}`;
  const names = listed(obstacle.permissions);
  if (obstacle.right === 'open')
    return `the thread ${place} is archived, and the bot lacks ${names} to open it`;
  return `the bot lacks ${names} in ${place}`;
}

/** The code that Discord would answer to a deed that meets this obstacle. */
export function codeOf({ right }: Obstacle): number {
  if (right === 'view') return noAccess;
  return right === 'open' ? archivedThread : missingPermissions;
}

/** Whether a refusal with this code ends when the bot is given a permission. */
export function wantsPermission(code: string): boolean {
  return [noAccess, missingPermissions, archivedThread, lockedThread, emptyMessage].includes(Number(code));
}

/** `A`, `A and B`, `A, B and C`. */
export function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean).join(' and ');
}

/** `2026-12-01 18:00 UTC`. It is also for files, in which Discord's timestamps say nothing. */
function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The permission that the deed takes by Discord's rules, if the gateway knows of no obstacle. */
function missing(asked: Asked, channelId: string, obstacle: Obstacle | null): string {
  if (obstacle) return lacking(channelId, obstacle);
  const place = `<#${channelId}>`;
  switch (asked) {
    case 'post':
      return `missing permissions in ${place}: posting there takes Send Messages (in a thread, Send Messages in Threads)`;
    case 'open':
      return `the thread ${place} is archived, and the bot may not open it: that takes Send Messages in Threads, and Manage Threads if it is locked`;
    default:
      return `missing permissions in ${place}: Discord lets the bot ${asked} nothing there`;
  }
}
