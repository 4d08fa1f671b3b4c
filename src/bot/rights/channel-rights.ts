import { type GuildBasedChannel, PermissionFlagsBits, type PermissionsBitField } from 'discord.js';
import { type Deed, type Obstacle, type Right, rights, rightsOf } from '../../delivery/rights.ts';
import { permissionsOf, timedOutUntil } from './channel-permissions.ts';

type Named = readonly [name: string, bit: bigint];

const viewChannel: Named = ['View Channel', PermissionFlagsBits.ViewChannel];
const sendMessages: Named = ['Send Messages', PermissionFlagsBits.SendMessages];
const sendInThreads: Named = ['Send Messages in Threads', PermissionFlagsBits.SendMessagesInThreads];
const manageThreads: Named = ['Manage Threads', PermissionFlagsBits.ManageThreads];
/** Without it a voice channel is closed (Discord's reference, "Permissions", implicit ones). */
const connect: Named = ['Connect', PermissionFlagsBits.Connect];
const embedLinks: Named = ['Embed Links', PermissionFlagsBits.EmbedLinks];

/**
 * The permissions that each right takes in a channel as it is now. Whoever sees their own messages may edit and
 * delete them. A locked thread takes Manage Threads for everything but deleting (Discord's reference, "Threads";
 * api-docs#3096, PR#3108, PR#5919).
 */
function permissionsFor(right: Right, channel: GuildBasedChannel): readonly Named[] {
  const thread = channel.isThread() ? channel : null;
  const sight = channel.isVoiceBased() ? [viewChannel, connect] : [viewChannel];
  const ifLocked = thread?.locked ? [manageThreads] : [];
  switch (right) {
    case 'view':
    case 'delete':
      return sight;
    case 'edit':
      return [...sight, ...ifLocked];
    case 'embed':
      return [...sight, embedLinks];
    case 'post':
      return [...sight, thread ? sendInThreads : sendMessages, ...ifLocked];
    case 'open':
      return thread?.archived ? [...sight, sendInThreads, ...ifLocked] : sight;
  }
}

/** The rights that the bot has in a channel, by its permissions there. */
export function rightsWith(
  channel: GuildBasedChannel,
  permissions: Readonly<PermissionsBitField>,
): ReadonlySet<Right> {
  const has = (right: Right) => permissionsFor(right, channel).every(([, bit]) => permissions.has(bit));
  return new Set(rights.filter(has));
}

/** What stands in the way of a deed in a channel; null: nothing, or the gateway told too little to say. */
export function obstacleIn(channel: GuildBasedChannel, deed: Deed, now: Date): Obstacle | null {
  const { me } = channel.guild.members;
  const permissions = me && permissionsOf(channel, me, now);
  if (!permissions) return null;
  const had = rightsWith(channel, permissions);
  const lacked = rightsOf[deed].filter((right) => !had.has(right));
  const [right] = lacked;
  if (right === undefined) return null;
  // Without sight of a channel everything there is missing. What else is missing shows when sight is back.
  const needed =
    right === 'view'
      ? permissionsFor('view', channel)
      : lacked.flatMap((one) => permissionsFor(one, channel));
  const missing = needed.filter(([, bit]) => !permissions.has(bit)).map(([name]) => name);
  const until = permissions.has(viewChannel[1]) ? timedOutUntil(me, now) : null;
  return { right, permissions: [...new Set(missing)], timedOutUntil: until };
}

/**
 * The permissions that are missing to post a poll, by Discord's names. A channel that is not known counts as no
 * thread.
 */
export function missingToPost(
  channel: { isThread(): boolean } | null,
  given: Readonly<PermissionsBitField>,
): string[] {
  const needed = [viewChannel, channel?.isThread() ? sendInThreads : sendMessages, embedLinks];
  return needed.filter(([, bit]) => !given.has(bit)).map(([name]) => name);
}
