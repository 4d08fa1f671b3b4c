/** The kinds of request that Discord limits separately: in each channel, and for bulk deletes in each server. */
export type RequestKind = 'edit' | 'edit-old' | 'post' | 'delete' | 'bulk-delete';

/**
 * An edit of a message older than this falls under a narrower limit as well (429 with code 30046), as the
 * discord-userdoccers project records it.
 */
const oldMessageMs = 60 * 60 * 1000;

/** The first millisecond of Discord's snowflakes (Discord's API reference, "Snowflakes"). */
const discordEpoch = 1_420_070_400_000;

/** The request that shows a poll: a new message, an edit, or an edit of an old message. `now` in ms. */
export function showingKind(messageId: string | null, now: number): RequestKind {
  if (messageId === null) return 'post';
  return now - snowflakeTime(messageId) > oldMessageMs ? 'edit-old' : 'edit';
}

/**
 * Older messages make Discord refuse the whole bulk delete (its API reference, "Bulk Delete Messages"; error 50034).
 * The age is two weeks, less a margin for clocks that differ and requests that wait.
 */
const bulkDeleteMaxAgeMs = 14 * 24 * 60 * 60 * 1000 - 60 * 60 * 1000;

/** Whether a message may be part of a bulk delete. `now` in ms. */
export function youngEnough(messageId: string, now: number): boolean {
  return now - snowflakeTime(messageId) < bulkDeleteMaxAgeMs;
}

/** When a snowflake was made, in ms since 1970. */
function snowflakeTime(id: string): number {
  return Number(BigInt(id) >> 22n) + discordEpoch;
}

/** The smallest snowflake of an instant, for `after=` queries. */
export function snowflakeAt(ms: number): string {
  return String(BigInt(Math.max(0, Math.floor(ms) - discordEpoch)) << 22n);
}
