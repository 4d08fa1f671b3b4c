import { describe, expect, test } from 'vitest';
import { peopleFirst } from '../../../src/delivery/pace/pace.ts';
import { seeded } from '../random.ts';
import { broken, done, job, limited, noAccess, setUp } from './lanes-scene.ts';

describe('lanes', () => {
  test('send one request at a time in a channel, and all channels at once', async () => {
    const { clock, lanes, sent, handler, crowded } = setUp(() => done);
    const batch = lanes.add([job(1), job(2), job(3), job(4, 2)], handler);
    await clock.advance(50);
    expect(sent.map(({ poll }) => poll)).toEqual([1, 4]);
    await clock.advance(1_000);
    await batch.finished;
    expect(crowded()).toBe(1);
    expect(sent.map(({ poll }) => poll)).toEqual([1, 4, 2, 3]);
  });

  test('give the longest lane the highest priority after people', async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    lanes.add([job(1), job(2), job(3), job(4, 2)], handler);
    lanes.add([job(5, 3)], handler, { people: true });
    await clock.advance(10);
    expect(sent.toSorted((a, b) => b.priority - a.priority).map(({ poll }) => poll)).toEqual([5, 1, 4]);
    expect(sent.find(({ poll }) => poll === 5)?.priority).toBe(peopleFirst);
    expect(Math.max(...sent.map(({ poll, priority }) => (poll === 5 ? 0 : priority)))).toBeLessThan(
      peopleFirst,
    );
  });

  test("let people's polls overtake bulk ones in their channel, but not for ever", async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    lanes.add([job(1), job(2), job(3)], handler);
    await clock.advance(10);
    lanes.add(
      [11, 12, 13, 14, 15, 16].map((id) => job(id)),
      handler,
      { people: true },
    );
    await clock.advance(2_000);
    expect(sent.map(({ poll }) => poll)).toEqual([1, 11, 12, 13, 14, 2, 15, 16, 3]);
  });

  test('let operations take turns in a channel: few polls are not kept waiting by many', async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    const many = Array.from({ length: 150 }, (_, i) => job(i + 1));
    lanes.add(many, handler);
    await clock.advance(1_050);
    const few = [1001, 1002, 1003, 1004, 1005];
    const batch = lanes.add(
      few.map((id) => job(id)),
      handler,
    );
    await clock.advance(1_100);
    await batch.finished;
    const positions = few.map((id) => sent.findIndex(({ poll }) => poll === id));
    expect(positions.map((at) => at - positions[0]!)).toEqual([0, 2, 4, 6, 8]);
    await clock.advance(20_000);
    expect(sent).toHaveLength(155);
  });

  test('let each of three operations have its share, whatever is put back for another try', async () => {
    const { clock, lanes, sent, handler } = setUp((one, attempt) =>
      one.pollId % 100 === 3 && attempt === 1 ? limited : done,
    );
    for (const first of [0, 100, 200]) {
      const jobs = Array.from({ length: first === 0 ? 90 : 10 }, (_, i) => job(first + i + 1));
      lanes.add(jobs, handler);
    }
    await clock.advance(60_000);
    const order = sent.map(({ poll }) => Math.floor(poll / 100));
    for (const of of [1, 2]) {
      const last = order.lastIndexOf(of);
      const others = order.slice(0, last).filter((one) => one === 0).length;
      expect(others).toBeLessThanOrEqual(13);
    }
  });

  test('count all polls that nobody asked for as one, beside an operation', async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    const healing = Array.from({ length: 30 }, (_, i) => job(i + 1));
    for (const one of healing) lanes.add([one], handler, { turn: 'refresh' });
    lanes.add(
      Array.from({ length: 10 }, (_, i) => job(101 + i)),
      handler,
    );
    await clock.advance(60_000);
    const last = sent.findLastIndex(({ poll }) => poll > 100);
    expect(last).toBeLessThanOrEqual(20);
  });

  test('go on when the time of day is set back or ahead', async () => {
    const { clock, lanes, sent, handler } = setUp((one, attempt) =>
      one.pollId === 2 && attempt === 1 ? broken : done,
    );
    const batch = lanes.add([job(1), job(2), job(3)], handler);
    await clock.advance(150);
    clock.jump(-3_600_000);
    await clock.advance(150);
    clock.jump(7_200_000);
    await clock.advance(2_000);
    await batch.finished;
    expect(sent.map(({ poll }) => poll)).toEqual([1, 2, 3, 2]);
  });

  test('record an outcome before the next request of the channel', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => done);
    const gate = Promise.withResolvers<void>();
    const slow = {
      ...handler,
      settled: async (...args: Parameters<typeof handler.settled>) => {
        await gate.promise;
        await handler.settled(...args);
      },
    };
    lanes.add([job(1), job(2)], slow);
    await clock.advance(5_000);
    expect(sent).toHaveLength(1);
    gate.resolve();
    await clock.advance(5_000);
    expect(settled.map(({ polls }) => polls)).toEqual([[1], [2]]);
  });

  test('every job of random batches is settled exactly once, whatever Discord answers', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = seeded(seed);
      const { clock, lanes, settled, handler, crowded } = setUp(() => {
        const dice = random();
        if (dice < 0.15) return broken;
        if (dice < 0.2) return limited;
        if (dice < 0.22) return noAccess;
        return done;
      });
      const jobs = Array.from({ length: 80 }, (_, i) => job(i + 1, Math.floor(random() * 6)));
      const batches = [
        lanes.add(jobs.slice(0, 50), handler),
        lanes.add(jobs.slice(50), handler, { people: true }),
      ];
      await clock.advance(600_000);
      await Promise.all(batches.map((batch) => batch.finished));
      const polls = settled.flatMap((one) => one.polls).sort((a, b) => a - b);
      expect(polls, `seed ${seed}`).toEqual(jobs.map((one) => one.pollId));
      expect(crowded(), `seed ${seed}`).toBe(1);
    }
  });
});
