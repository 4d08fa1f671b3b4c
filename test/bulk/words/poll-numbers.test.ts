import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { formatPollNumbers, parsePollNumbers } from '../../../src/bulk/words/poll-numbers.ts';

describe('poll numbers', () => {
  test.each([
    ['12', [12]],
    ['12, 40-43', [12, 40, 41, 42, 43]],
    ['#7 #9;3', [3, 7, 9]],
    ['5 - 7, 6', [5, 6, 7]],
    ['1–3', [1, 2, 3]],
  ])('reads %j', (text, numbers) => {
    expect(parsePollNumbers(text, 100)).toEqual(numbers);
  });

  test.each([
    ['99-1', /runs backwards: write `1-99`/],
    ['1-999999999', /more than 100 polls/],
    ['1-60, 61-120', /more than 100 polls/],
    ['0', /no poll #0/],
    ['99999999999', /no poll #/],
    ['abc', /is no poll number/],
    ['1\u0000', /is no poll number/],
    ['', /is empty/],
    [' , ', /is empty/],
    ['-5', /is no poll number/],
    ['<@123456789012345678>', /is no poll number/],
  ])('refuses %j in words', (text, words) => {
    expect(() => parsePollNumbers(text, 100)).toThrow(UserError);
    expect(() => parsePollNumbers(text, 100)).toThrow(words);
  });

  test('a refusal never repeats thousands of characters or pings', () => {
    const hostile = `@everyone${'x'.repeat(6000)}`;
    const refusal = (() => {
      try {
        parsePollNumbers(hostile, 100);
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('accepted');
    })();
    expect(refusal.length).toBeLessThan(300);
    expect(refusal).not.toContain('@everyone');
  });

  test('counts each number once, however it is named', () => {
    expect(parsePollNumbers('1-100, 50-100, 7', 100)).toHaveLength(100);
    expect(() => parsePollNumbers('1-60, 50-120, 3', 100)).toThrow(/names 120 polls.*at most 100/);
  });

  test('writes a few numbers one by one', () => {
    expect(formatPollNumbers([1, 2, 3, 4], 4)).toBe('#1, #2, #3, #4');
  });

  test('writes numbers as ranges and says how many it leaves out', () => {
    expect(formatPollNumbers([1, 2, 3, 7, 9, 10], 5)).toBe('#1–#3, #7, #9, #10');
    expect(formatPollNumbers([1, 3, 5, 6, 7, 8], 2)).toBe('#1, #3 and 4 more');
  });
});
