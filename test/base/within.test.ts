import { expect, test } from 'vitest';
import { within } from '../../src/base/within.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('what is done in time is the result, and nothing waits any more', async () => {
  const clock = new ManualClock();
  const work = Promise.withResolvers<string>();
  const result = within(clock, 1_000, work.promise, 'late');
  await clock.advance(999);
  work.resolve('done');
  expect(await result).toBe('done');
  expect(clock.sleeping).toBe(0);
});

test('what takes longer counts as late, whatever becomes of it', async () => {
  const clock = new ManualClock();
  const work = Promise.withResolvers<string>();
  const result = within(clock, 1_000, work.promise, null);
  await clock.advance(1_000);
  expect(await result).toBeNull();
  work.reject(new Error('nobody is to hear of this'));
});

test('what fails in time fails, and nothing waits any more', async () => {
  const clock = new ManualClock();
  await expect(within(clock, 1_000, Promise.reject(new Error('no')), null)).rejects.toThrow('no');
  expect(clock.sleeping).toBe(0);
});
