import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { checkZone, discordTime, parseDuration, parseWhen, timeInZone } from '../../src/polls/time.ts';

const now = new Date('2026-11-01T12:00:00Z');

describe('parseDuration', () => {
  test.each([
    ['90m', 90 * 60_000],
    ['2h30m', 150 * 60_000],
    ['3d', 3 * 86_400_000],
    ['1w', 7 * 86_400_000],
    [' 1D 2h ', 26 * 3_600_000],
  ])('reads %j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', 'm', '0m', '5', '3x', '-3d', '1.5h', '999999999w', '9'.repeat(400), '3d\u0000'])(
    'refuses %j',
    (text) => {
      expect(() => parseDuration(text)).toThrow(UserError);
    },
  );

  test('quotes what it refuses, harmlessly', () => {
    expect(() => parseDuration('@everyone **x**')).toThrow('"@\u200Beveryone \\*\\*x\\*\\*"');
  });
});

describe('parseWhen', () => {
  test.each([
    ['2026-12-01 18:00', 'Europe/Berlin', '2026-12-01T17:00:00Z'],
    ['2026-12-01T18:00', 'UTC', '2026-12-01T18:00:00Z'],
    ['2026-12-01', 'America/New_York', '2026-12-01T05:00:00Z'],
    ['2026-12-01 18:00:30', 'UTC', '2026-12-01T18:00:30Z'],
    ['2026-12-01T18:00:00Z', 'Europe/Berlin', '2026-12-01T18:00:00Z'],
    ['2026-12-01T18:00:00.123+02:00', 'America/New_York', '2026-12-01T16:00:00Z'],
    ['2026-12-01 18:00 +0530', 'UTC', '2026-12-01T12:30:00Z'],
    ['<t:1796148000>', 'Europe/Berlin', '2026-12-01T18:00:00Z'],
    ['<t:1796148000:R>', 'UTC', '2026-12-01T18:00:00Z'],
    ['3d', 'UTC', '2026-11-04T12:00:00Z'],
  ])('reads %j in %s', (text, zone, instant) => {
    expect(parseWhen(text, { zone, now })).toEqual(new Date(instant));
  });

  test('takes a duration backwards where that is meant', () => {
    expect(parseWhen('30d', { zone: 'UTC', now, durations: 'ago' })).toEqual(
      new Date('2026-10-02T12:00:00Z'),
    );
  });

  test.each([
    '',
    'tomorrow',
    '2026-13-01',
    '2026-02-30',
    '2026-12-01 25:00',
    '2026-12-01 18',
    '1999-12-31',
    '9999-12-31',
    '<t:999999999999>',
    '2026-12-01 18:00 Mars',
    '12/01/2026',
    'x'.repeat(5000),
  ])('refuses %j', (text) => {
    expect(() => parseWhen(text, { zone: 'UTC', now })).toThrow(UserError);
  });

  test('refuses a time that daylight saving skips', () => {
    expect(() => parseWhen('2027-03-28 02:30', { zone: 'Europe/Berlin', now })).toThrow('the clocks skip it');
  });

  test('takes the first of two equal times', () => {
    expect(parseWhen('2026-10-25 02:30', { zone: 'Europe/Berlin', now })).toEqual(
      new Date('2026-10-25T00:30:00Z'),
    );
  });

  test('takes the first moment of a day that does not begin at midnight', () => {
    expect(parseWhen('2018-11-04', { zone: 'America/Sao_Paulo', now })).toEqual(
      new Date('2018-11-04T03:00:00Z'),
    );
  });
});

describe('checkZone', () => {
  test.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['utc', 'UTC'],
    ['Europe/Kyiv', 'Europe/Kyiv'],
    [' America/Argentina/Buenos_Aires ', 'America/Argentina/Buenos_Aires'],
  ])('reads %j', (text, zone) => {
    expect(checkZone(text)).toBe(zone);
  });

  test.each(['', 'Mars/Olympus', '+01:00', 'Berlin', '../etc', 'x'.repeat(500)])('refuses %j', (text) => {
    expect(() => checkZone(text)).toThrow(UserError);
  });
});

test('times are shown in everybody’s zone and in the poll’s', () => {
  expect(discordTime(now, 'R')).toBe('<t:1793534400:R>');
  expect(timeInZone(now, 'Europe/Berlin')).toBe('2026-11-01 13:00 Europe/Berlin');
});
