import { describe, expect, test } from 'vitest';
import { InvalidRequests } from '../../../src/delivery/pace/invalid-requests.ts';
import { exemptPriority, Pace, peopleFirst, type TurnRequest } from '../../../src/delivery/pace/pace.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seeded } from '../random.ts';

function setUp(parts: ConstructorParameters<typeof Pace>[0] = {}) {
  const clock = new ManualClock();
  const begun = clock.monotonic();
  const pace = new Pace({ clock, random: seeded(3), ...parts });
  const started: { name: string; at: number; trial: boolean }[] = [];
  const ask = (name: string, asking: TurnRequest) =>
    pace.turn(asking).then((trial) => started.push({ name, at: clock.monotonic() - begun, trial }));
  const bulk = (name: string, priority = 1) => ask(name, { priority, turn: name });
  const answer = (trial: boolean, invalid = false) => pace.ended({ trial, answered: true, invalid });
  return { clock, pace, started, ask, bulk, answer, at: () => clock.monotonic() - begun };
}

/** The most starts within any stretch of `ms`. */
function most(starts: readonly number[], ms: number): number {
  return Math.max(...starts.map((from) => starts.filter((at) => at >= from && at - from < ms).length));
}

describe('the pace', () => {
  test('lets no more requests start in a second than Discord allows, and none in a bunch', async () => {
    const { clock, started, bulk } = setUp();
    for (let i = 0; i < 300; i += 1) void bulk('one');
    await clock.advance(10_000);
    const starts = started.map(({ at }) => at);
    expect(starts).toHaveLength(300);
    expect(most(starts, 1_050)).toBe(50);
    expect(most(starts, 12)).toBe(1);
    expect(starts.at(-1)).toBeLessThan(6_000);
  });

  test('lets interactions pass, then people, and operations take turns', async () => {
    const { clock, started, ask, bulk } = setUp();
    void bulk('first');
    for (let i = 0; i < 5; i += 1) void bulk('many', 9);
    void bulk('few', 1);
    void bulk('few', 2);
    void ask('person', { priority: peopleFirst });
    void ask('press', { priority: exemptPriority });
    await clock.advance(2_000);
    const names = started.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['first', 'press', 'person']);
    expect(names.slice(3)).toEqual(['many', 'few', 'many', 'few', 'many', 'many', 'many']);
    expect(started.find(({ name }) => name === 'press')?.at).toBe(0);
  });

  test('keeps room for people as long as they are there, however much background work waits', async () => {
    const { clock, started, ask, bulk, at } = setUp();
    for (let i = 0; i < 2_000; i += 1) void bulk('many');
    let worst = 0;
    for (let i = 0; i < 20; i += 1) {
      await clock.advance(1_100);
      const asked = at();
      void ask('person', { priority: peopleFirst });
      await clock.advance(600);
      const person = started.findLast(({ name }) => name === 'person')!;
      if (i > 0) worst = Math.max(worst, person.at - asked);
    }
    expect(worst).toBeLessThanOrEqual(12);
  });

  test('gives up what could not start in time', async () => {
    const { clock, pace, at } = setUp();
    pace.pause(60_000);
    const late = pace.turn({ priority: 1, until: clock.monotonic() + 9_000 }).catch((error) => error.name);
    await clock.advance(9_000);
    expect(await late).toBe('NotSentError');
    expect(at()).toBe(9_000);
    expect(pace.waiting).toBe(0);
  });

  test('stands still after a global refusal, and starts fewer from then on', async () => {
    const { clock, pace, started, bulk } = setUp();
    for (let i = 0; i < 400; i += 1) void bulk('one');
    await clock.advance(100);
    const before = started.length;
    for (let i = 0; i < 4; i += 1) pace.refusedGlobally(2_000);
    await clock.advance(1_999);
    expect(started).toHaveLength(before);
    await clock.advance(10_000);
    const starts = started.slice(before).map(({ at }) => at);
    expect(most(starts, 1_080)).toBe(50);
    expect(most(starts, 1_090)).toBeGreaterThan(50);
  });

  test('uses no more than its share, and says when it wants more', async () => {
    let wanted = 0;
    const share = {
      requests: 5,
      processes: 3,
      wanted: () => {
        wanted += 1;
      },
      refused: () => undefined,
    };
    const { clock, pace, started, bulk } = setUp({ share });
    for (let i = 0; i < 30; i += 1) void bulk('one');
    expect(pace.takeDemand()).toBe(30);
    await clock.advance(4_000);
    expect(
      most(
        started.map(({ at }) => at),
        1_050,
      ),
    ).toBe(5);
    expect(wanted).toBeGreaterThan(0);
    share.requests = 50;
    await clock.advance(2_000);
    expect(started).toHaveLength(30);
    await clock.advance(2_000);
    pace.takeDemand();
    expect(pace.takeDemand()).toBe(0);
  });
});

describe('while the edge refuses everything', () => {
  test('one request at a time tries, after pauses that grow to a minute', async () => {
    const { clock, pace, started, bulk, at } = setUp();
    const refuse = () => {
      const { trial } = started.at(-1)!;
      pace.refusedByEdge(trial, 0);
      pace.ended({ trial, answered: false, invalid: true });
    };
    void bulk('one');
    await clock.advance(0);
    for (let i = 0; i < 200; i += 1) void bulk('one');
    refuse();
    const gaps: number[] = [];
    while (started.length < 10) {
      const [count, from] = [started.length, at()];
      await clock.advance(100_000);
      expect(started).toHaveLength(count + 1);
      expect(started.at(-1)!.trial).toBe(true);
      gaps.push(started.at(-1)!.at - from);
      refuse();
    }
    for (const [i, gap] of gaps.entries()) {
      const least = Math.min(60_000, 1_000 * 2 ** i);
      expect(gap).toBeGreaterThanOrEqual(least);
      expect(gap).toBeLessThanOrEqual(least * 1.25);
    }
    await clock.advance(75_000);
    pace.ended({ trial: true, answered: true, invalid: false });
    await clock.advance(10_000);
    expect(started).toHaveLength(201);
  });

  test('people wait too, and the interaction that waits is the one that tries', async () => {
    const { clock, pace, started, ask, bulk, answer } = setUp();
    pace.refusedByEdge(false, 0);
    void bulk('bulk');
    void ask('person', { priority: peopleFirst });
    void ask('press', { priority: exemptPriority });
    void ask('another press', { priority: exemptPriority });
    await clock.advance(999);
    expect(started).toEqual([]);
    await clock.advance(300);
    expect(started.map(({ name }) => name)).toEqual(['press']);
    answer(true);
    await clock.advance(100);
    expect(started.map(({ name }) => name)).toEqual(['press', 'another press', 'person', 'bulk']);
    expect(started.map(({ trial }) => trial)).toEqual([true, false, false, false]);
  });

  test('refusals of what was under way together are one, and a trial without an answer is followed by the next', async () => {
    const { clock, pace, started, bulk } = setUp();
    const first = pace.refusedByEdge(false, 0);
    for (let i = 0; i < 5; i += 1) expect(pace.refusedByEdge(false, 0)).toBeLessThanOrEqual(first);
    void bulk('one');
    void bulk('two');
    await clock.advance(2_000);
    expect(started.map(({ name }) => name)).toEqual(['one']);
    pace.ended({ trial: true, answered: false, invalid: false });
    await clock.advance(20);
    expect(started.map(({ name }) => name)).toEqual(['one', 'two']);
  });
});

describe('requests that Discord calls invalid', () => {
  test('slow background work down before they earn a ban, and never people', async () => {
    const many: number[] = [];
    const invalid = new InvalidRequests((count) => many.push(count));
    const { clock, started, ask, bulk, answer, at } = setUp({ invalid });
    // Every request is refused, and there is always another one.
    const insist = async () => {
      for (;;) {
        await bulk('bulk');
        answer(false, true);
      }
    };
    for (let i = 0; i < 3; i += 1) void insist();
    await clock.advance(600_000);
    const starts = started.map((one) => one.at);
    const inTenMinutes = starts.filter((one) => one > at() - 600_000).length;
    expect(inTenMinutes).toBeLessThan(9_500);
    expect(inTenMinutes).toBeGreaterThan(4_000);
    expect(many).toHaveLength(1);
    void ask('person', { priority: peopleFirst });
    await clock.advance(20);
    expect(started.at(-1)?.name).toBe('person');
  });

  test('are forgotten after ten minutes', () => {
    const invalid = new InvalidRequests();
    for (let i = 0; i < 8_000; i += 1) invalid.add(i * 10);
    expect(invalid.gapMs(80_000, 1)).toBeGreaterThan(500);
    expect(invalid.count(300_000)).toBe(8_000);
    expect(invalid.count(700_000)).toBe(0);
    expect(invalid.gapMs(700_000, 1)).toBe(0);
  });
});
