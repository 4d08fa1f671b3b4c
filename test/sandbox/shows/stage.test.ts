import { expect, test } from 'vitest';
import { committedIn, countsOf, resultOf } from '../../../sandbox/shows/stage/counts.ts';
import { minimumEditTime } from '../../../sandbox/shows/stage/minimum-time.ts';
import { questionNumber } from '../../../sandbox/shows/stage/questions.ts';
import { createSnowflakes } from '../../../sandbox/world/snowflake.ts';

const now = Date.parse('2026-11-01T12:00:00Z');
const snowflake = createSnowflakes();

function messages(count: number, channelId: string, ageMs = 60_000) {
  return Array.from({ length: count }, () => ({ id: snowflake(now - ageMs), channelId }));
}

function inChannels(channels: number, each: number) {
  return Array.from({ length: channels }, (_, i) => messages(each, `c${i}`)).flat();
}

test('the first window of each limit is free', () => {
  expect(minimumEditTime([], now)).toBe(0);
  expect(minimumEditTime(inChannels(10, 5), now)).toBe(0);
  expect(minimumEditTime(messages(6, 'c'), now)).toBe(5000);
  expect(minimumEditTime(inChannels(51, 1), now)).toBe(1000);
});

test('the minimum is that of all limits together', () => {
  expect(minimumEditTime(inChannels(40, 25), now)).toBe(23_000);
  expect(minimumEditTime(inChannels(20, 50), now)).toBe(46_000);
  expect(minimumEditTime(inChannels(1000, 1), now)).toBe(19_000);
});

test('messages older than an hour take three in six seconds', () => {
  const hour = 3_600_000;
  expect(minimumEditTime(messages(4, 'c', hour + 1), now)).toBe(6000);
  expect(minimumEditTime(messages(4, 'c', hour - 1), now)).toBe(0);
  expect(minimumEditTime([...messages(15, 'c', 2 * hour), ...messages(15, 'c')], now)).toBe(25_000);
});

test('polls differ, and some are hostile', () => {
  const all = Array.from({ length: 1000 }, (_, i) => questionNumber(i));
  expect(new Set(all.map(({ question }) => question)).size).toBeGreaterThan(400);
  expect(all.some(({ question }) => question.includes('@everyone'))).toBe(true);
  expect(all.every(({ question }) => !/[{}]/.test(question))).toBe(true);
});

test('a frame of a progress message is read, and one without its figures is refused', () => {
  const field = (name: string, value: string) => ({ name, value });
  const frame = {
    embeds: [
      {
        title: 'Operation #3 · completed with failures',
        description: 'closed 997 of 997 · messages 412 of 997',
        fields: [field('Done', '7'), field('Failed', '2'), field('Skipped', '1'), field('Waiting', '0')],
      },
    ],
  };
  expect(countsOf(frame)).toEqual({ done: 7, failed: 2, skipped: 1, waiting: 0 });
  expect(committedIn(frame)).toEqual({ committed: 997, of: 997 });
  expect(resultOf(frame)).toBe('completed with failures');
  expect(resultOf({ embeds: [{ title: 'Operation #3 · Closing 10 polls' }] })).toBeNull();
  expect(() => countsOf({ embeds: [{ fields: [field('Done', '1,000')] }] })).toThrow('Done says “1,000”');
});
