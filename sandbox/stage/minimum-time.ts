import { timestampOf } from '../snowflake.ts';

const oldAfterMs = 3_600_000;

/**
 * The least time, in ms, in which anybody can edit these messages within Discord's limits, whose first windows are free:
 * 50 requests a second in all, 5 in 5 s a channel, and 3 in 6 s a channel for messages older than an hour. Computed here
 * from the messages themselves, so that the bot's own estimate is measured by something else.
 */
export function minimumEditTime(
  messages: readonly { readonly id: string; readonly channelId: string }[],
  now: number,
): number {
  const all = new Map<string, number>();
  const old = new Map<string, number>();
  for (const { id, channelId } of messages) {
    all.set(channelId, (all.get(channelId) ?? 0) + 1);
    if (now - timestampOf(id) > oldAfterMs) old.set(channelId, (old.get(channelId) ?? 0) + 1);
  }
  const waits = [
    furtherWindows(messages.length, 50) * 1000,
    ...[...all.values()].map((count) => furtherWindows(count, 5) * 5000),
    ...[...old.values()].map((count) => furtherWindows(count, 3) * 6000),
  ];
  return Math.max(...waits);
}

function furtherWindows(requests: number, perWindow: number): number {
  return Math.max(0, Math.ceil(requests / perWindow) - 1);
}
