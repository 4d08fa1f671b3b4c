/** What delivery does with a poll's message. */
export type Deed = 'post' | 'edit' | 'delete';

/**
 * What Discord grants or refuses in a channel, each by itself: to see it; to post, edit or delete our own messages
 * there; to embed; to open it if it is a sleeping thread.
 */
export type Right = (typeof rights)[number];

export const rights = ['view', 'open', 'post', 'edit', 'delete', 'embed'] as const;

/** Which rights a deed needs, the most telling first. A poll's message is an embed. */
export const rightsOf: Readonly<Record<Deed, readonly Right[]>> = {
  post: ['view', 'open', 'post', 'embed'],
  edit: ['view', 'open', 'edit', 'embed'],
  delete: ['view', 'open', 'delete'],
};

/** The deeds that a refused right forbids. */
export function deedsThatNeed(right: Right): readonly Deed[] {
  return (Object.keys(rightsOf) as Deed[]).filter((deed) => rightsOf[deed].includes(right));
}

/** What stands in the way of a deed in a channel, as far as the gateway tells. */
export interface Obstacle {
  /** The first right that is missing. */
  readonly right: Right;
  /** The permissions that must be given, by Discord's names (`Send Messages`). */
  readonly permissions: readonly string[];
  /** The bot is timed out in the server until then, and nothing needs to be given; null: it is not. */
  readonly timedOutUntil: Date | null;
}

/** Null if nothing is known to stand in the way. */
export type Obstacles = (channelId: string, deed: Deed) => Obstacle | null;

/** An obstacle, or: `unknown`, this process is not (yet) told about that channel; `gone`: it would be if the channel were there. */
export type ChannelAccess = 'ok' | 'no access' | 'gone' | 'unknown' | Obstacle;

/** Whether a right came back in a channel. `gone`: Discord said that there is no such channel. */
export type Regained = (channelId: string, right: Right, gone?: boolean) => boolean;
