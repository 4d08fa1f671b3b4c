import { describe, expect, test } from 'vitest';
import { estimate } from '../../src/delivery/estimate.ts';
import { channelId, messageIdAt } from './snowflakes.ts';

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
    expect(estimate(spread(1000, 20, fresh), now).minimumMs).toBe(45_000);
  });

  test('counts three edits of old messages in six seconds', () => {
    expect(estimate(spread(50, 1, old), now).minimumMs).toBe(96_000);
  });

  test('is ruled by the global limit where there are many channels', () => {
    expect(estimate(spread(1000, 500, fresh), now).minimumMs).toBe(19_000);
  });

  test('knows that deletes are faster and that posts have a limit of their own', () => {
    expect(estimate(spread(50, 1, old), now, 'delete').minimumMs).toBe(9_000);
    expect(estimate([...spread(5, 1, fresh), ...spread(5, 1, null)], now).minimumMs).toBe(0);
  });

  test('expects about a twentieth more where channels bind and a fifth more where the pace binds too', () => {
    const twenty = estimate(spread(1000, 20, fresh), now);
    expect(twenty.expectedMs / twenty.minimumMs).toBeCloseTo(1.06, 1);
    const forty = estimate(spread(1000, 40, fresh), now);
    expect(forty.expectedMs / forty.minimumMs).toBeCloseTo(1.2, 1);
  });
});
