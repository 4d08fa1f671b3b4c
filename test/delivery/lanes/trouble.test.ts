import { describe, expect, test } from 'vitest';
import { channelId } from '../snowflakes.ts';
import { broken, done, job, limited, noAccess, setUp } from './lanes-scene.ts';

describe('lanes', () => {
  test('settle the whole channel of a batch by its first refusal, with one call', async () => {
    const { clock, lanes, sent, settled, handler } = setUp((one) =>
      one.channelId === channelId(1) ? noAccess : done,
    );
    const batch = lanes.add([job(1), job(2), job(3), job(4, 2), job(5, 2)], handler);
    await clock.advance(1_000);
    await batch.finished;
    expect(sent.filter(({ poll }) => poll <= 3)).toHaveLength(1);
    expect(settled).toContainEqual({ polls: [1, 2, 3], outcome: noAccess, attempts: 1 });
    expect(settled.filter(({ outcome }) => outcome.type === 'done')).toHaveLength(2);
  });

  test('leave other batches of a refused channel to their own try', async () => {
    const { clock, lanes, sent, settled, handler } = setUp((one) => (one.pollId === 1 ? noAccess : done));
    lanes.add([job(1), job(2)], handler);
    lanes.add([job(3)], handler);
    await clock.advance(1_000);
    expect(sent.map(({ poll }) => poll)).toEqual([1, 3]);
    expect(settled.map(({ polls }) => polls)).toEqual([[1, 2], [3]]);
  });

  test('go on with the rest of a channel while one poll backs off', async () => {
    const { clock, lanes, sent, settled, handler } = setUp((one, attempt) =>
      one.pollId === 1 && attempt < 4 ? broken : done,
    );
    const batch = lanes.add([job(1), job(2), job(3)], handler);
    await clock.advance(20_000);
    await batch.finished;
    expect(sent.slice(0, 3).map(({ poll }) => poll)).toEqual([1, 2, 3]);
    expect(settled.find(({ polls }) => polls[0] === 1)).toMatchObject({ attempts: 4 });
    const tries = sent.filter(({ poll }) => poll === 1).map(({ at }) => at);
    const gaps = tries.slice(1).map((at, i) => at - tries[i]! - 100);
    for (const [i, gap] of gaps.entries()) {
      expect(gap).toBeGreaterThanOrEqual(500 * 2 ** i * 0.75);
      expect(gap).toBeLessThanOrEqual(500 * 2 ** i * 1.25 + 200);
    }
  });

  test('do not count a rate limit as an attempt, and make the lane wait for it', async () => {
    const { clock, lanes, sent, settled, handler } = setUp((one, attempt) =>
      one.pollId === 1 && attempt === 1 ? limited : done,
    );
    lanes.add([job(1), job(2)], handler);
    await clock.advance(4_050);
    expect(sent).toHaveLength(1);
    await clock.advance(1_000);
    expect(sent.map(({ poll }) => poll)).toEqual([1, 1, 2]);
    expect(settled[0]).toMatchObject({ polls: [1], attempts: 1 });
  });

  test('a refused token settles everything that waits, without another request', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => ({ type: 'abort', reason: 'token' }));
    const batch = lanes.add([job(1), job(2), job(3)], handler);
    await clock.advance(1_000);
    await batch.finished;
    expect(sent).toHaveLength(1);
    expect(settled.flatMap(({ polls }) => polls)).toEqual([1, 2, 3]);
  });

  test('a poll that keeps getting 503 fails after about a minute, its neighbours do not', async () => {
    const { clock, lanes, settled, handler } = setUp((one) => (one.pollId === 2 ? broken : done));
    const batch = lanes.add(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => job(id)),
      handler,
    );
    await clock.advance(100_000);
    await batch.finished;
    const failed = settled.filter(({ outcome }) => outcome.type === 'failed');
    expect(failed).toMatchObject([{ polls: [2], outcome: { code: '503', scope: 'poll' } }]);
    expect(failed[0]?.outcome).toMatchObject({ reason: 'Discord kept answering 503' });
    expect(settled.flatMap(({ polls }) => polls).sort((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  test('the last polls of a batch fail if Discord answers otherwise, and wait if it does not', async () => {
    const { clock, lanes, settled, handler, answers } = setUp((one) => (one.pollId >= 9 ? broken : done));
    answers.otherwise = false;
    const batch = lanes.add(
      [1, 2, 3, 9, 10, 11].map((id) => job(id)),
      handler,
    );
    await clock.advance(600_000);
    expect(settled.map(({ polls }) => polls[0])).toEqual([1, 2, 3]);
    answers.otherwise = true;
    await clock.advance(30_000);
    await batch.finished;
    expect(settled.slice(3).map(({ outcome }) => outcome.type)).toEqual(['failed', 'failed', 'failed']);
  });

  test('a general outage of ten minutes fails nothing and is probed gently', async () => {
    const clockStart = Date.parse('2026-11-01T12:00:00Z');
    const outage = { from: clockStart + 2_000, to: clockStart + 602_000 };
    const setup = setUp(() => {
      const now = setup.clock.monotonic();
      return now >= outage.from && now < outage.to ? broken : done;
    });
    const { clock, lanes, sent, settled, handler } = setup;
    const jobs = Array.from({ length: 300 }, (_, i) => job(i + 1, i % 10));
    const batch = lanes.add(jobs, handler);
    await clock.advance(602_000);
    const during = sent.filter(({ at }) => at > 5_000 && at < 600_000).length;
    expect(during).toBeLessThan(120);
    expect(during).toBeGreaterThan(30);
    await clock.advance(120_000);
    await batch.finished;
    expect(settled).toHaveLength(300);
    expect(settled.every(({ outcome }) => outcome.type === 'done')).toBe(true);
  });
});
