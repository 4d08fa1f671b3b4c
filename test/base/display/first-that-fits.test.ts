import { expect, test } from 'vitest';
import { firstThatFits } from '../../../src/base/display/first-that-fits.ts';

function* shrinking(): Generator<string> {
  for (let text = '12345678'; ; text = text.slice(1)) yield text;
}

test('the first text that is short enough is taken, and none is made behind it', () => {
  expect(firstThatFits(5, shrinking())).toBe('45678');
  expect(firstThatFits(8, shrinking())).toBe('12345678');
});

test('the last one is taken where none is short enough', () => {
  expect(firstThatFits(1, ['aaaa', 'aaa', 'aa'])).toBe('aa');
});
