import { expect, test } from 'vitest';
import { createLogger } from '../../src/base/log.ts';
import { Loop, type LoopParts } from '../../src/base/loop.ts';
import { ManualClock } from '../support/manual-clock.ts';

function loopWith(parts: Partial<LoopParts> & Pick<LoopParts, 'turn'>) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = createLogger('info', { write: (line) => void lines.push(JSON.parse(line).msg) });
  const loop = new Loop({ clock, log, afterErrorMs: 500, failed: 'it failed', ...parts });
  return { clock, lines, loop };
}

/** Turns that note when they began, in milliseconds after the first one. */
function timed(clockOf: () => ManualClock, pauseMs: number) {
  const began: number[] = [];
  let first: number | null = null;
  const turn = async () => {
    first ??= clockOf().monotonic();
    began.push(clockOf().monotonic() - first);
    return pauseMs;
  };
  return { began, turn };
}

test('turns follow each other after the pause that the one before asked for, until it is stopped', async () => {
  const { began, turn } = timed(() => clock, 1_000);
  const { clock, loop } = loopWith({ turn });
  await loop.start();
  await clock.advance(2_500);
  await loop.stop();
  await clock.advance(5_000);
  expect(began).toEqual([0, 1_000, 2_000]);
  expect(clock.sleeping).toBe(0);
});

test('the first turn can wait', async () => {
  const { began, turn } = timed(() => clock, 1_000);
  const { clock, loop } = loopWith({ turn });
  await loop.start(3_000);
  await clock.advance(2_999);
  expect(began).toEqual([]);
  await clock.advance(1);
  expect(began).toEqual([0]);
  await loop.stop();
});

test('a turn comes at once when it is woken, but not sooner after the one before than is allowed', async () => {
  const { began, turn } = timed(() => clock, 10_000);
  const { clock, loop } = loopWith({ turn, apartMs: 1_000 });
  await loop.start();
  await clock.advance(4_000);
  loop.wake();
  await clock.advance(0);
  expect(began).toEqual([0, 4_000]);
  loop.wake();
  await clock.advance(1_000);
  expect(began).toEqual([0, 4_000, 5_000]);
  await loop.stop();
});

test('a wake-up during a turn is not lost', async () => {
  let turns = 0;
  const underWay = Promise.withResolvers<void>();
  const { clock, loop } = loopWith({
    turn: async () => {
      turns += 1;
      if (turns === 1) await underWay.promise;
      return 10_000;
    },
  });
  await loop.start();
  loop.wake();
  underWay.resolve();
  await clock.advance(0);
  expect(turns).toBe(2);
  await loop.stop();
});

test('stopping waits for the turn under way, and no other one begins', async () => {
  let turns = 0;
  const underWay = Promise.withResolvers<void>();
  const { clock, loop } = loopWith({
    turn: async () => {
      turns += 1;
      await underWay.promise;
      return 0;
    },
  });
  await loop.start();
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  await clock.advance(1_000);
  expect(stopped).toBe(false);
  underWay.resolve();
  await stopping;
  expect(turns).toBe(1);
});

test('it never begins after it was stopped', async () => {
  const { began, turn } = timed(() => clock, 1_000);
  const { clock, loop } = loopWith({ turn });
  await loop.stop();
  await loop.start();
  await loop.ended;
  expect(began).toEqual([]);
});

test('it ends by itself where a turn says that there is no next one', async () => {
  const { clock, loop } = loopWith({ turn: async () => null });
  await loop.start();
  await loop.ended;
  expect(clock.sleeping).toBe(0);
});

test('each error is logged, and the next turn tries again', async () => {
  let turns = 0;
  const { clock, lines, loop } = loopWith({
    turn: async () => {
      turns += 1;
      if (turns <= 2) throw new Error('no');
      return 10_000;
    },
  });
  await loop.start();
  await clock.advance(1_000);
  expect(lines).toEqual(['it failed', 'it failed']);
  expect(turns).toBe(3);
  await loop.stop();
});

test('where it says when it works again, only the first error in a row is logged', async () => {
  let turns = 0;
  const { clock, lines, loop } = loopWith({
    turn: async () => {
      turns += 1;
      if (turns <= 2) throw new Error('no');
      return 10_000;
    },
    recovered: 'it works again',
  });
  await loop.start();
  await clock.advance(20_000);
  expect(lines).toEqual(['it failed', 'it works again']);
  await loop.stop();
});
