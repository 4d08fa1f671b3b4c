import { expect, test } from 'vitest';
import { markdownTable } from '../../../sandbox/shows/bench/bench-table.ts';
import { largestLag, median, quantile } from '../../../sandbox/shows/bench/measure/statistics.ts';

test('quantiles are values that were measured', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(quantile([10, 20, 30, 40], 0.95)).toBe(40);
  expect(quantile([], 0.5)).toBeNaN();
});

test('the lag is the longest time until a frame counts what happened', () => {
  const frames = [
    { at: 0, count: 0 },
    { at: 1000, count: 2 },
    { at: 2500, count: 3 },
  ];
  expect(largestLag([100, 900, 950], frames)).toBe(1550);
  expect(largestLag([], frames)).toBe(0);
});

test('what no frame ever counts is an endless lag', () => {
  expect(largestLag([1, 2], [{ at: 5, count: 1 }])).toBe(Number.POSITIVE_INFINITY);
});

test('the table is Markdown and names what does not hold', () => {
  const rows = [
    { figure: 'speed', measured: '2', demanded: '≤ 1', holds: false },
    { figure: 'memory', measured: '3 MB', demanded: '', holds: null },
  ];
  expect(markdownTable(rows).split('\n')).toEqual([
    '| Figure | Measured | Demanded | Holds  |',
    '|--------|----------|----------|--------|',
    '| speed  | 2        | ≤ 1      | **no** |',
    '| memory | 3 MB     |          |        |',
  ]);
});
