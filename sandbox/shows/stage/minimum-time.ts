import { estimate } from '../../../src/delivery/pace/estimate.ts';

/**
 * The least time, in ms, in which these messages can be edited within Discord's limits, whose first windows are free.
 * It is the bot's own estimate, computed from the messages that are there.
 */
export function minimumEditTime(
  messages: readonly { readonly id: string; readonly channelId: string }[],
  now: number,
): number {
  const jobs = messages.map(({ id, channelId }) => ({ messageId: id, channelId }));
  return estimate(jobs, new Date(now)).minimumMs;
}
