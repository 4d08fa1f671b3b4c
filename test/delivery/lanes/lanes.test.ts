import { describe, expect, test } from 'vitest';
import type { DeliveryJob, FinalOutcome } from '../../../src/delivery/delivery-batch.ts';
import { Health } from '../../../src/delivery/lanes/health.ts';
import { Lanes } from '../../../src/delivery/lanes/lanes.ts';
import type { Outcome } from '../../../src/delivery/outcome.ts';
import { peopleFirst } from '../../../src/delivery/pace/pace.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seeded } from '../random.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

const done: Outcome = { type: 'done', revision: 1 };
const noAccess: Outcome = { type: 'failed', code: '50001', reason: 'no access', scope: 'channel' };
const broken: Outcome = {
  type: 'retry',
  afterMs: 0,
  code: '503',
  reason: 'Discord answered 503',
  attempt: true,
};
const limited: Outcome = { type: 'retry', afterMs: 4_000, code: '429', reason: 'limit', attempt: false };

function job(pollId: number, channel = 1): DeliveryJob {
  return {
    pollId,
    channelId: channelId(channel),
    messageId: messageIdAt(Date.parse('2026-11-01T11:59:00Z'), pollId),
  };
}

function setUp(answer: (job: DeliveryJob, attempt: number) => Outcome | Promise<Outcome>, latencyMs = 100) {
  const clock = new ManualClock();
  const sent: { poll: number; at: number; priority: number }[] = [];
  const inFlight = new Map<string, number>();
  let crowded = 0;
  const start = clock.monotonic();
  const delays = { ms: () => 0 as number };
  const answers = { otherwise: true };
  const lanes = new Lanes({
    clock,
    random: seeded(7),
    health: new Health(),
    delay: () => delays.ms(),
    editRoom: () => null,
    discordAnswers: async () => answers.otherwise,
    send: async (one, _batch, priority) => {
      sent.push({ poll: one.pollId, at: clock.monotonic() - start, priority });
      const now = (inFlight.get(one.channelId) ?? 0) + 1;
      inFlight.set(one.channelId, now);
      crowded = Math.max(crowded, now);
      await clock.sleep(latencyMs);
      inFlight.set(one.channelId, now - 1);
      return await answer(one, sent.filter(({ poll }) => poll === one.pollId).length);
    },
  });
  const settled: { polls: number[]; outcome: FinalOutcome; attempts: number }[] = [];
  const handler = {
    repost: false,
    settled: async (jobs: readonly DeliveryJob[], outcome: FinalOutcome, attempts: number) => {
      settled.push({ polls: jobs.map((one) => one.pollId), outcome, attempts });
    },
  };
  return { clock, lanes, sent, settled, handler, delays, answers, crowded: () => crowded };
}

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
    for (const one of healing) lanes.add([one], handler, { turn: 'touched' });
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

  test('send the first jobs of a batch while more are to come, and end with the last', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => done);
    const gate = Promise.withResolvers<void>();
    async function* more() {
      await gate.promise;
      yield [job(2), job(3, 2)];
      yield [job(4)];
    }
    const batch = lanes.add([job(1)], handler, { more: more() });
    let over = false;
    void batch.finished.then(() => {
      over = true;
    });
    await clock.advance(1_000);
    expect(settled.map(({ polls }) => polls)).toEqual([[1]]);
    expect(over).toBe(false);
    gate.resolve();
    await clock.advance(1_000);
    await batch.finished;
    expect(sent.map(({ poll }) => poll)).toEqual([1, 2, 3, 4]);
  });

  test('stopping waits for what brings more jobs, and takes none of them', async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    async function* more() {
      for (;;) {
        asked += 1;
        await gate.promise;
        yield [job(2)];
      }
    }
    const batch = lanes.add([job(1)], handler, { more: more() });
    await clock.advance(1_000);
    let stopped = false;
    const stopping = batch.stop().then(() => {
      stopped = true;
    });
    await clock.advance(1_000);
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    await clock.advance(1_000);
    expect(sent.map(({ poll }) => poll)).toEqual([1]);
    expect(asked).toBe(1);
  });

  test('reject the batch whose further jobs could not be brought', async () => {
    const { clock, lanes, sent, handler } = setUp(() => done);
    async function* more(): AsyncGenerator<DeliveryJob[]> {
      yield [job(2)];
      throw new Error('the database is gone');
    }
    const batch = lanes.add([job(1)], handler, { more: more() });
    await clock.advance(1_000);
    await expect(batch.finished).rejects.toThrow('the database is gone');
    expect(sent.map(({ poll }) => poll)).toEqual([1]);
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

  test('wait for the limits in the lane, where a batch can be stopped', async () => {
    const { clock, lanes, sent, settled, handler, delays } = setUp(() => done);
    delays.ms = () => (sent.length > 0 ? 60_000 : 0);
    const batch = lanes.add([job(1), job(2)], handler);
    await clock.advance(1_000);
    await batch.stop();
    await batch.finished;
    delays.ms = () => 0;
    await clock.advance(120_000);
    expect(sent.map(({ poll }) => poll)).toEqual([1]);
    expect(settled.map(({ polls }) => polls)).toEqual([[1]]);
  });

  test('stopping waits for what is in flight and records it', async () => {
    const { clock, lanes, settled, handler } = setUp(() => done);
    const batch = lanes.add([job(1), job(2)], handler);
    await clock.advance(50);
    let stopped = false;
    const stopping = batch.stop().then(() => {
      stopped = true;
    });
    await clock.advance(10);
    expect(stopped).toBe(false);
    await clock.advance(100);
    await stopping;
    expect(settled.map(({ polls }) => polls)).toEqual([[1]]);
  });

  test('a poll in flight that fails for now is not tried again after a stop', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => broken);
    const batch = lanes.add([job(1)], handler);
    await clock.advance(50);
    const stopping = batch.stop();
    await clock.advance(60_000);
    await stopping;
    expect(sent).toHaveLength(1);
    expect(settled).toEqual([]);
  });

  test('closing ends everything, also what would be retried', async () => {
    const { clock, lanes, sent, handler } = setUp(() => broken);
    const batch = lanes.add([job(1), job(2, 2)], handler);
    const other = lanes.add([job(3)], handler, { people: true });
    await clock.advance(50);
    const closing = lanes.close();
    await clock.advance(60_000);
    await closing;
    await Promise.all([batch.finished, other.finished]);
    expect(sent).toHaveLength(2);
    await lanes.add([job(9)], handler, { people: true }).finished;
    await clock.advance(1_000);
    expect(sent).toHaveLength(2);
  });

  test('reject the batch whose outcome could not be recorded, and go on with the others', async () => {
    const { clock, lanes, sent, settled, handler } = setUp(() => done);
    const lost = { ...handler, settled: () => Promise.reject(new Error('the database is gone')) };
    const batch = lanes.add([job(1), job(2)], lost);
    lanes.add([job(3)], handler);
    await clock.advance(1_000);
    await expect(batch.finished).rejects.toThrow('the database is gone');
    expect(sent.map(({ poll }) => poll)).toEqual([1, 3]);
    expect(settled.map(({ polls }) => polls)).toEqual([[3]]);
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
