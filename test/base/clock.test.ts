import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';

test('what is measured goes on where the time of day is set back', async () => {
  const started = systemClock.monotonic();
  vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ['Date'] });
  try {
    expect(systemClock.now().getTime()).toBeLessThan(performance.timeOrigin);
    await systemClock.sleep(5);
    expect(systemClock.monotonic() - started).toBeGreaterThan(0);
    expect(systemClock.monotonic() - started).toBeLessThan(60_000);
  } finally {
    vi.useRealTimers();
  }
});

test('a moment that has passed is waited for without a word from Node', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  await systemClock.sleep(-233);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
