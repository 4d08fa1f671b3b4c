import { describe, expect, test } from 'vitest';
import { marginMs } from '../../../src/delivery/pace/bucket.ts';
import { channelWindows, RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import type { RequestKind } from '../../../src/delivery/request-kind.ts';
import { seeded } from '../random.ts';

const channel = '1111';

function request(rateLimits: RateLimits, kind: RequestKind, now: number, where = channel) {
  rateLimits.sent(where, kind, now);
  rateLimits.answered(where, kind, { now, headers: null });
}

describe('limits', () => {
  test('let five edits of a channel go in five seconds, and other channels besides', () => {
    const rateLimits = new RateLimits();
    for (let i = 0; i < 5; i += 1) {
      expect(rateLimits.delay(channel, 'edit', 1_000)).toBe(0);
      request(rateLimits, 'edit', 1_000);
    }
    expect(rateLimits.delay(channel, 'edit', 1_000)).toBe(5_000 + marginMs);
    expect(rateLimits.delay(channel, 'post', 1_000)).toBe(0);
    expect(rateLimits.delay('2222', 'edit', 1_000)).toBe(0);
    expect(rateLimits.delay(channel, 'edit', 6_000 + marginMs)).toBe(0);
  });

  test('hold back the fourth edit of old messages in six seconds, while new ones go on', () => {
    const rateLimits = new RateLimits();
    for (let i = 0; i < 3; i += 1) request(rateLimits, 'edit-old', 0);
    expect(rateLimits.delay(channel, 'edit-old', 0)).toBe(6_000 + marginMs);
    expect(rateLimits.delay(channel, 'edit', 0)).toBe(0);
    request(rateLimits, 'edit', 0);
    request(rateLimits, 'edit', 0);
    expect(rateLimits.delay(channel, 'edit', 0)).toBe(5_000 + marginMs);
  });

  test('believe the headers more than what was assumed', () => {
    const rateLimits = new RateLimits();
    rateLimits.sent(channel, 'edit', 0);
    rateLimits.answered(channel, 'edit', {
      now: 100,
      headers: { limit: 2, remaining: 1, resetAfterMs: 1_000 },
    });
    expect(rateLimits.delay(channel, 'edit', 100)).toBe(0);
    rateLimits.sent(channel, 'edit', 100);
    rateLimits.answered(channel, 'edit', {
      now: 200,
      headers: { limit: 2, remaining: 0, resetAfterMs: 900 },
    });
    // Counted from when the answered request left: the next one travels as long.
    expect(rateLimits.delay(channel, 'edit', 200)).toBe(100 + 900 + marginMs - 200);
    request(rateLimits, 'edit', 1_150);
    expect(rateLimits.delay(channel, 'edit', 1_150)).toBe(0);
    request(rateLimits, 'edit', 1_150);
    expect(rateLimits.delay(channel, 'edit', 1_150)).toBeGreaterThan(0);
  });

  test('open no window early after a request that travelled slowly, if the next one travels as fast as any', () => {
    const rateLimits = new RateLimits();
    const server = '3333';
    /** Leaves at `now`; the window that it opens lasts a second from its arrival. */
    const bulkDelete = (now: number, there: number, back: number) => {
      rateLimits.sent(server, 'bulk-delete', now);
      const headers = { limit: 1, remaining: 0, resetAfterMs: 1_000 };
      rateLimits.answered(server, 'bulk-delete', { now: now + there + back, headers });
      return { answeredAt: now + there + back, windowEnd: now + there + 1_000 };
    };
    const [fast, slow] = [50, 250];
    let { answeredAt, windowEnd } = bulkDelete(0, fast, fast);
    for (const there of [fast, slow, fast, slow, fast]) {
      const leaves = answeredAt + rateLimits.delay(server, 'bulk-delete', answeredAt);
      expect(leaves + fast).toBeGreaterThanOrEqual(windowEnd);
      expect(leaves + fast).toBeLessThanOrEqual(windowEnd + marginMs);
      ({ answeredAt, windowEnd } = bulkDelete(leaves, there, fast));
    }
  });

  test('count what is under way beside an answer', () => {
    const rateLimits = new RateLimits();
    for (let i = 0; i < 3; i += 1) rateLimits.sent(channel, 'post', 0);
    rateLimits.answered(channel, 'post', {
      now: 50,
      headers: { limit: 5, remaining: 4, resetAfterMs: 5_000 },
    });
    rateLimits.sent(channel, 'post', 50);
    rateLimits.sent(channel, 'post', 50);
    expect(rateLimits.delay(channel, 'post', 50)).toBe(5_000 + marginMs);
  });

  test('leave the last request of a window to another process that was seen in the channel, for a while', () => {
    const rateLimits = new RateLimits();
    const edit = (now: number, remaining: number, resetAfterMs: number) => {
      rateLimits.sent(channel, 'edit', now);
      rateLimits.answered(channel, 'edit', { now, headers: { limit: 5, remaining, resetAfterMs } });
    };
    edit(0, 4, 5_000);
    edit(100, 3, 4_900);
    // Alone, it would say 2.
    edit(200, 1, 4_800);
    expect(rateLimits.delay(channel, 'edit', 200)).toBe(4_800 + marginMs);
    expect(rateLimits.delay(channel, 'edit', 5_100)).toBe(0);
    edit(16_000, 4, 5_000);
    for (const remaining of [3, 2, 1]) edit(16_000, remaining, 5_000);
    expect(rateLimits.delay(channel, 'edit', 16_000)).toBe(0);
  });

  test('wait as long as a refusal says, for its own kind only', () => {
    const rateLimits = new RateLimits();
    rateLimits.sent(channel, 'edit', 0);
    const refusal = {
      retryAfterMs: 7_000,
      global: false,
      shared: false,
      code: null,
    };
    rateLimits.answered(channel, 'edit', { now: 0, headers: null, refusal });
    expect(rateLimits.delay(channel, 'edit', 0)).toBe(7_000 + marginMs);
    expect(rateLimits.delay(channel, 'post', 0)).toBe(0);
  });

  test('blame the limit of old messages for a 429 with code 30046, and learn that it is narrower', () => {
    const rateLimits = new RateLimits();
    const refusal = { retryAfterMs: 3_000, global: false, shared: false, code: 30046 };
    request(rateLimits, 'edit-old', 0);
    request(rateLimits, 'edit-old', 0);
    rateLimits.sent(channel, 'edit-old', 0);
    rateLimits.answered(channel, 'edit-old', {
      now: 0,
      headers: { limit: 5, remaining: 2, resetAfterMs: 5_000 },
      refusal,
    });
    expect(rateLimits.delay(channel, 'edit-old', 0)).toBe(3_000 + marginMs);
    expect(rateLimits.delay(channel, 'edit', 0)).toBe(0);
    request(rateLimits, 'edit-old', 10_000);
    request(rateLimits, 'edit-old', 10_000);
    expect(rateLimits.delay(channel, 'edit-old', 10_000)).toBe(6_000 + marginMs);
  });

  test('stop everything for a global refusal', () => {
    const rateLimits = new RateLimits();
    rateLimits.sent(channel, 'edit', 0);
    const refusal = {
      retryAfterMs: 2_000,
      global: true,
      shared: false,
      code: null,
    };
    rateLimits.answered(channel, 'edit', { now: 0, headers: null, refusal });
    expect(rateLimits.delay('2222', 'delete', 500)).toBe(1_500);
  });

  test('never let more requests into a window than it holds, whatever the latency', () => {
    const seed = 20261123;
    const random = seeded(seed);
    for (const kind of ['edit', 'edit-old', 'post', 'delete'] as const) {
      const rateLimits = new RateLimits();
      const { requests, windowMs } = channelWindows[kind];
      // The far side counts by arrival: a window opens with the first arrival after the last one ended.
      let windowEnd = 0;
      let count = 0;
      let now = 0;
      for (let i = 0; i < 500; i += 1) {
        now += rateLimits.delay(channel, kind, now);
        rateLimits.sent(channel, kind, now);
        const arrival = now + random() * 200;
        if (arrival >= windowEnd) {
          windowEnd = arrival + windowMs;
          count = 0;
        }
        count += 1;
        expect(count, `seed ${seed}, ${kind}, request ${i}`).toBeLessThanOrEqual(requests);
        now = Math.ceil(arrival + random() * 200);
        rateLimits.answered(channel, kind, { now, headers: null });
      }
    }
  });
});
