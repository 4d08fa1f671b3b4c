import { estimate } from '../../../src/delivery/pace/estimate.ts';

/**
 * The least time, in ms, in which anybody can edit these messages within Discord's limits, whose first windows are free: as the
 * bot's own estimate has it, computed here from the messages that are there.
 */
export function minimumEditTime(
  messages: readonly { readonly id: string; readonly channelId: string }[],
  now: number,
): number {
  const jobs = messages.map(({ id, channelId }) => ({ messageId: id, channelId }));
  return estimate(jobs, new Date(now)).minimumMs;
}
