import { describe, expect, test } from 'vitest';
import { giveUpAfterMs, Health } from '../../../src/delivery/lanes/health.ts';

const minute = giveUpAfterMs;

describe('health', () => {
  test('gives up a poll that fails for a minute while others succeed', () => {
    const health = new Health();
    expect(health.failed(1, 0, false)).toBe('retry');
    expect(health.failed(1, 500, false)).toBe('retry');
    health.succeeded(2, 600);
    expect(health.failed(1, 30_000, false)).toBe('retry');
    expect(health.failed(1, minute - 1, false)).toBe('retry');
    expect(health.failed(1, minute, false)).toBe('give up');
  });

  test('asks whether Discord answers when the last polls of a batch fail', () => {
    const health = new Health();
    for (const now of [0, 500, 30_000]) expect(health.failed(1, now, true)).toBe('retry');
    expect(health.failed(1, minute, true)).toBe('ask');
  });

  test('gives up nothing without evidence that Discord works for others', () => {
    const health = new Health();
    for (let now = 0; now <= 30 * minute; now += 15_000) expect(health.failed(1, now, false)).toBe('retry');
  });

  test('starts over after a success', () => {
    const health = new Health();
    health.failed(1, 0, false);
    health.failed(1, 500, false);
    health.succeeded(2, 600);
    health.succeeded(1, 30_000);
    health.failed(1, minute, false);
    expect(health.failed(1, minute + 1, false)).toBe('retry');
  });

  test('closes the gate after five different polls in a row failed, and probes until a success', () => {
    const health = new Health();
    for (const poll of [1, 2, 3, 4, 4, 4]) health.failed(poll, 0, false);
    expect(health.wait(0)).toBe(0);
    health.failed(5, 0, false);
    expect(health.wait(0)).toBe(2_000);
    expect(health.wait(2_000)).toBe(0);
    health.started(1);
    expect(health.wait(2_000)).toBeGreaterThan(0);
    health.failed(1, 2_100, false);
    expect(health.wait(2_100)).toBe(3_000);
    for (let probe = 0, now = 10_000; probe < 10; probe += 1, now += 10_000) {
      expect(health.wait(now)).toBe(0);
      health.started(2);
      health.failed(2, now, false);
    }
    expect(health.wait(100_000)).toBe(10_000);
    health.started(3);
    health.succeeded(3, 110_000);
    expect(health.wait(110_000)).toBe(0);
    expect(health.outage).toBe(false);
  });

  test('does not count an outage against a poll', () => {
    const health = new Health();
    health.failed(1, 0, true);
    health.failed(1, 500, true);
    health.succeeded(9, 600);
    for (const poll of [2, 3, 4, 5, 6]) health.failed(poll, 1_000, true);
    expect(health.outage).toBe(true);
    health.started(1);
    expect(health.failed(1, 10 * minute, true)).toBe('retry');
    health.started(2);
    health.succeeded(2, 11 * minute);
    expect(health.failed(1, 11 * minute + 500, true)).toBe('retry');
    expect(health.failed(1, 12 * minute + 500, true)).toBe('give up');
  });

  test('keeps the gate open for polls whose trouble is their own', () => {
    const health = new Health();
    const poisoned = [1, 2, 3, 4, 5, 6, 7];
    for (const poll of poisoned) {
      health.failed(poll, 0, true);
      health.failed(poll, 500, true);
      health.succeeded(100, 600);
    }
    for (let now = 1_000; now < minute; now += 10_000) {
      for (const poll of poisoned) health.failed(poll, now, true);
    }
    expect(health.outage).toBe(false);
    for (const poll of poisoned) expect(health.failed(poll, minute, true)).toBe('give up');
  });

  test('a probe that says nothing lets the next one go at once', () => {
    const health = new Health();
    for (const poll of [1, 2, 3, 4, 5]) health.failed(poll, 0, false);
    health.started(6);
    health.inconclusive(6, 2_000);
    expect(health.wait(2_000)).toBe(0);
  });
});
