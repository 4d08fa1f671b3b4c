import { expect, test } from 'vitest';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { settings } from '../../../src/bulk/kinds/settings.ts';
import type { Poll } from '../../../src/polls/poll.ts';
import { minutes, now, poll } from '../../polls/poll-fixture.ts';
import { changing } from '../changing.ts';

const roleId = '900000000000000701';

/** The kind with these options, given `now`. */
function asked(options: Record<string, unknown>) {
  return changing(settings.bind(readParams(settings, options, now)));
}

function decide(given: Poll, options: Record<string, unknown>, at = now) {
  return asked(options).decide(given, at);
}

test('changes what is asked for and differs, nothing else', () => {
  const given = poll({ timezone: 'Europe/Berlin', closesAt: minutes(60) });
  expect(
    decide(given, { timezone: 'europe/berlin', anonymous: true, max_choices: 2, ping_role: roleId }),
  ).toEqual({ anonymous: true, max_choices: 2, ping_role_id: roleId });
  expect(decide(given, { timezone: 'America/New_York' })).toEqual({ timezone: 'America/New_York' });
  expect(decide(given, { closes: 'None' })).toEqual({ closes_at: null });
  expect(decide(poll({ pingRoleId: roleId }), { clear_ping_role: true })).toEqual({
    ping_role_id: null,
    ping_pending: false,
  });
});

test('says so where a poll already has them', () => {
  const given = poll({ timezone: 'Europe/Berlin', closesAt: minutes(60), pingRoleId: roleId });
  for (const options of [
    { timezone: 'Europe/Berlin' },
    { anonymous: false },
    { max_choices: 1 },
    { closes: '60m' },
    { ping_role: roleId },
  ]) {
    expect(decide(given, options)).toBe('already has these settings');
  }
  expect(decide(poll(), { closes: 'none', clear_ping_role: true })).toBe('already has these settings');
});

test('reads a closing time in the zone given with it, else in that of the poll', () => {
  const closes = '2026-12-01 18:00';
  const berlin = poll({ timezone: 'Europe/Berlin' });
  expect(decide(berlin, { closes })).toEqual({ closes_at: new Date('2026-12-01T17:00:00Z') });
  expect(decide(berlin, { closes, timezone: 'America/New_York' })).toEqual({
    timezone: 'America/New_York',
    closes_at: new Date('2026-12-01T23:00:00Z'),
  });
});

test('allows no more choices than there are options', () => {
  const given = poll({ maxChoices: 3 });
  expect(decide(given, { max_choices: 2 })).toEqual({ max_choices: 2 });
  expect(decide(given, { max_choices: 4 })).toBe('has only 3 options');
});

test('sets no closing time in the past or before a poll opens', () => {
  expect(decide(poll(), { closes: '2026-10-31' })).toBe('the closing time asked for has passed');
  expect(decide(poll(), { closes: '1h' }, minutes(61))).toMatch(/has passed/);
  const scheduled = poll({ status: 'scheduled', opensAt: minutes(60) });
  expect(decide(scheduled, { closes: '1h' })).toBe('would close before it opens');
  expect(decide(scheduled, { closes: '2h' })).toEqual({ closes_at: minutes(120) });
});

test.each([
  [{}, /^Give at least one of `timezone`, `anonymous`, `max_choices`, `closes`, `ping_role` or/],
  [{ clear_ping_role: false }, /^Give at least one of/],
  [{ ping_role: roleId, clear_ping_role: true }, /^Give either `ping_role` or `clear_ping_role`, not both/],
  [{ timezone: 'Mars' }, /"Mars" is no time zone\. Use an IANA name such as/],
  [{ max_choices: 0 }, /^`max_choices` must be a whole number from 1 to 20/],
  [{ max_choices: 21 }, /^`max_choices` must be a whole number from 1 to 20/],
  [{ closes: 'never' }, /"never" is no time\. Write a date/],
])('refuses %j with what is allowed', (options, message) => {
  expect(() => readParams(settings, options, now)).toThrow(message);
});
