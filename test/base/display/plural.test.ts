import { expect, test } from 'vitest';
import { counted, plural } from '../../../src/base/display/plural.ts';

test('one is told from all other numbers', () => {
  expect([0, 1, 2].map((count) => counted(count, 'poll'))).toEqual(['0 polls', '1 poll', '2 polls']);
  expect([1, 2].map((count) => plural(count, 'poll matches', 'polls match'))).toEqual([
    'poll matches',
    'polls match',
  ]);
});
