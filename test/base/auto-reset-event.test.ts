import { expect, test } from 'vitest';
import { AutoResetEvent } from '../../src/base/auto-reset-event.ts';

/** Whether the promise is settled once everything that can happen by itself has happened. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false;
  void waiting.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

test('a wait ends with the next set, and the wait after it needs another one', async () => {
  const event = new AutoResetEvent();
  const first = event.wait();
  expect(await isOver(first)).toBe(false);
  event.set();
  expect(await isOver(first)).toBe(true);
  expect(await isOver(event.wait())).toBe(false);
});

test('a set for which nobody waits is kept for one wait, however often it was set', async () => {
  const event = new AutoResetEvent();
  event.set();
  event.set();
  expect(await isOver(event.wait())).toBe(true);
  expect(await isOver(event.wait())).toBe(false);
});
