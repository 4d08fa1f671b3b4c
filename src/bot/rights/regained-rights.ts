import { type Guild, type GuildBasedChannel, PermissionFlagsBits } from 'discord.js';
import { rights as allRights, type Regained, type Right } from '../../delivery/rights.ts';
import { permissionsOf } from './channel-permissions.ts';
import { rightsWith } from './channel-rights.ts';

/** What the bot may do in a channel, as of the last look. */
export interface ChannelRights {
  readonly rights: ReadonlySet<Right>;
  readonly bits: bigint;
  /** A thread that is archived or locked. */
  readonly shut: boolean;
}

/**
 * Looks at a server's channels, or at some of them and their threads, and compares with what was known. `before`
 * null: nothing was known. `regained` null: nothing came back.
 */
export function compareRights(
  guild: Guild,
  before: ReadonlyMap<string, ChannelRights> | null,
  only: ReadonlySet<string> | null,
  now: Date,
): { readonly rights: ReadonlyMap<string, ChannelRights>; readonly regained: Regained | null } {
  const all = guild.channels.cache;
  const looked = new Map<string, ChannelRights>();
  for (const channel of all.values()) {
    const chosen = only === null || before === null || isAmong(channel, only);
    const found = chosen ? look(channel, now) : null;
    const kept = found ?? before?.get(channel.id);
    if (kept) looked.set(channel.id, kept);
  }
  const back = new Map<string, ReadonlySet<Right>>();
  let bits = 0n;
  for (const [id, after] of looked) {
    const had = before?.get(id);
    if (had === after) continue;
    const opened = had === undefined || (had.shut && !after.shut);
    back.set(id, opened ? after.rights : after.rights.difference(had.rights));
    if (had) bits |= after.bits & ~had.bits;
  }
  // A channel that this process does not know is a sleeping thread, of any channel, unless it is gone.
  const elsewhere: ReadonlySet<Right> = before === null ? new Set(allRights) : rightsBehind(bits);
  const some = elsewhere.size > 0 || [...back.values()].some((rights) => rights.size > 0);
  const regained: Regained = (channelId, right, gone = false) =>
    all.has(channelId) ? (back.get(channelId)?.has(right) ?? false) : !gone && elsewhere.has(right);
  return { rights: looked, regained: some ? regained : null };
}

/** Threads have their channel's permissions. */
function isAmong(channel: GuildBasedChannel, chosen: ReadonlySet<string>): boolean {
  return chosen.has(channel.id) || (channel.isThread() && chosen.has(channel.parentId ?? ''));
}

/** Null if the gateway told too little to say. */
function look(channel: GuildBasedChannel, now: Date): ChannelRights | null {
  const { me } = channel.guild.members;
  const permissions = me && permissionsOf(channel, me, now);
  if (!permissions) return null;
  const shut = channel.isThread() && (channel.archived === true || channel.locked === true);
  return { rights: rightsWith(channel, permissions), bits: permissions.bitfield, shut };
}

const behind: readonly (readonly [bigint, readonly Right[]])[] = [
  [PermissionFlagsBits.ViewChannel, allRights],
  [PermissionFlagsBits.SendMessagesInThreads, ['open', 'post']],
  [PermissionFlagsBits.ManageThreads, ['open', 'post', 'edit']],
  [PermissionFlagsBits.EmbedLinks, ['embed']],
];

/** What new permissions may allow in a thread that is not known. */
function rightsBehind(bits: bigint): ReadonlySet<Right> {
  return new Set(behind.flatMap(([bit, rights]) => ((bits & bit) === 0n ? [] : rights)));
}
