import { describe, expect, test } from 'vitest';
import { estimate } from '../../../src/delivery/pace/estimate.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

const now = new Date('2026-11-01T12:00:00Z');
const fresh = messageIdAt(now.getTime() - 60_000);
const old = messageIdAt(now.getTime() - 2 * 3_600_000);

function spread(polls: number, channels: number, messageId: string | null) {
  return Array.from({ length: polls }, (_, i) => ({ channelId: channelId(i % channels), messageId }));
}

describe('the estimate', () => {
  test('of nothing is nothing', () => {
    expect(estimate([], now)).toEqual({ minimumMs: 0, expectedMs: 0, slowestChannelId: null, slowestMs: 0 });
  });

  test('names the slowest channel', () => {
    const jobs = [...spread(10, 5, fresh), ...Array(12).fill({ channelId: channelId(9), messageId: fresh })];
    expect(estimate(jobs, now)).toMatchObject({ minimumMs: 10_000, slowestChannelId: channelId(9) });
  });

  test('counts five edits of a channel in five seconds', () => {
    expect(estimate(spread(5, 1, fresh), now).minimumMs).toBe(0);
    expect(estimate(spread(6, 1, fresh), now).minimumMs).toBe(5_000);
    expect(estimate(spread(950, 19, fresh), now).minimumMs).toBe(46_000);
    expect(estimate(spread(500, 10, fresh), now).minimumMs).toBe(45_000);
  });

  test('counts three edits of old messages in six seconds', () => {
    expect(estimate(spread(50, 1, old), now).minimumMs).toBe(96_000);
  });

  test('is ruled by the global limit where there are many channels', () => {
    expect(estimate(spread(1000, 500, fresh), now).minimumMs).toBe(19_000);
  });

  test('knows that deletes are faster and that posts have a limit of their own', () => {
    expect(estimate(spread(50, 1, old), now, { kind: 'delete' }).minimumMs).toBe(9_000);
    expect(estimate([...spread(5, 1, fresh), ...spread(5, 1, null)], now).minimumMs).toBe(0);
  });

  test('counts the global and the channels’ limits together: what is left for the last window cannot go at once', () => {
    expect(estimate(spread(1000, 40, fresh), now).minimumMs).toBe(23_000);
    expect(estimate(spread(1000, 20, fresh), now).minimumMs).toBe(46_000);
    expect(estimate(spread(1000, 100, fresh), now).minimumMs).toBe(19_000);
    // 100 channels with 9 old messages each: 300 are left for the third window of 6 s.
    expect(estimate(spread(900, 100, old), now).minimumMs).toBe(17_000);
    // 60 channels with 10 each: 300 deletes are left after a second.
    expect(estimate(spread(600, 60, fresh), now, { kind: 'delete' }).minimumMs).toBe(11_000);
    expect(estimate(spread(300, 60, fresh), now, { kind: 'delete' }).minimumMs).toBe(5_000);
  });

  test('counts bulk-deletes of a server and single deletes elsewhere together', () => {
    const inServer = (channel: string) => (channel === channelId(0) ? 'server' : null);
    const jobs = [
      ...Array(1000).fill({ channelId: channelId(0), messageId: fresh }),
      ...Array(40).fill({ channelId: channelId(1), messageId: fresh }),
    ];
    const { minimumMs, slowestChannelId } = estimate(jobs, now, { kind: 'delete', bulkDeletes: inServer });
    expect({ minimumMs, slowestChannelId }).toEqual({ minimumMs: 9_000, slowestChannelId: channelId(0) });
  });

  test('expects what others have waiting in a channel to take turns with it, not to go before', () => {
    const five = spread(5, 1, fresh);
    const alone = estimate(five, now);
    const beside = (...others: number[]) => estimate(five, now, { ahead: new Map([[channelId(0), others]]) });
    expect(beside(150).expectedMs - alone.expectedMs).toBeGreaterThan(4_500);
    expect(beside(150).expectedMs).toBeLessThan(6_000);
    expect(beside(150)).toEqual(beside(5));
    expect(beside(150, 150).expectedMs).toBeGreaterThan(beside(150).expectedMs);
    expect(beside(150)).toMatchObject({ minimumMs: 0 });
  });

  test('expects a twentieth more than the least where channels bind, a tenth where the pace does', () => {
    for (const [channels, most] of [
      [20, 1.07],
      [40, 1.1],
      [500, 1.15],
    ] as const) {
      const { expectedMs, minimumMs } = estimate(spread(1000, channels, fresh), now);
      expect(expectedMs / minimumMs).toBeGreaterThan(1);
      expect(expectedMs / minimumMs).toBeLessThan(most);
    }
  });
});
