import { describe, expect, test } from 'vitest';
import { cleanLine, cut, escapeText, plainLabel, pollTitle } from '../../src/polls/text.ts';
import { hostileTexts } from './hostile-texts.ts';

describe('escapeText', () => {
  test.each([
    ['**a** _b_ ~c~', '\\*\\*a\\*\\* \\_b\\_ \\~c\\~'],
    ['[x](https://e.example)', '\\[x\\](https\\://e.example)'],
    ['# head', '\\# head'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['a # b - c', 'a # b - c'],
    ['C:\\x', 'C:\\\\x'],
  ])('shows %j as it is', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  test.each(hostileTexts)('leaves no mention, line break or direction control in %s', (_, text) => {
    const escaped = escapeText(text);
    expect(escaped).not.toMatch(/@(everyone|here)|(?<!\\)<[@#:/]|<@[!&]?\d|\p{Cc}|[\u2028\u202A-\u202E]/u);
    expect(escaped.length).toBeLessThanOrEqual(text.length * 2 + 2);
    expect(escaped.isWellFormed()).toBe(true);
  });

  test('keeps right-to-left text from turning its surroundings', () => {
    expect(escapeText('שלום')).toBe('\u2068שלום\u2069');
  });
});

describe('cut', () => {
  test.each(hostileTexts)('never exceeds the limit nor breaks a character in %s', (_, text) => {
    for (const max of [0, 1, 2, 5, 20, 80]) {
      const shown = cut(text.toWellFormed(), max);
      expect(shown.length).toBeLessThanOrEqual(max);
      expect(shown.isWellFormed()).toBe(true);
    }
  });

  test('leaves a family together', () => {
    expect(cut('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 15)).toBe('👨‍👩‍👧‍👦…');
  });

  test('leaves what fits as it is', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abcd', 3)).toBe('ab…');
  });
});

describe('cleanLine', () => {
  test('makes control characters spaces and keeps the rest verbatim', () => {
    expect(cleanLine(' a\u0000b\nc  =d\u200F ')).toBe('a b c  =d\u200F');
  });

  test.each(['', '   ', '\u200B\u200D', '\u3164', '\u2800\u2800', '\u202E', '\u0301'])(
    'finds nothing in %j',
    (text) => {
      expect(cleanLine(text)).toBe('');
    },
  );
});

test('a label has no line break and no direction control', () => {
  expect(plainLabel('a\nb\u202Ec', 80)).toBe('a bc');
});

test('a poll is named by its number and the start of its question', () => {
  expect(pollTitle({ id: 12, question: 'Tea *or* coffee?' })).toBe('#12 "Tea \\*or\\* coffee?"');
  expect(pollTitle({ id: 12, question: 'x'.repeat(200) })).toBe(`#12 "${'x'.repeat(59)}…"`);
});
