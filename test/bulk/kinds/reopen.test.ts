import { expect, test } from 'vitest';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { reopen } from '../../../src/bulk/kinds/reopen.ts';
import type { Poll } from '../../../src/polls/poll.ts';
import { minutes, now, poll } from '../../polls/poll-fixture.ts';
import { changing } from '../changing.ts';

const closed = (changes: Partial<Poll> = {}) => poll({ status: 'closed', closedAt: minutes(-5), ...changes });

/** The kind with these options, given `now`. */
function asked(options: Record<string, unknown>) {
  return changing(reopen.bind(readParams(reopen, options, now)));
}

function decide(given: Poll, options: Record<string, unknown>, at = now) {
  return asked(options).decide(given, at);
}

test('opens a closed poll with the closing time it has, or none', () => {
  expect(decide(closed(), {})).toMatchObject({ status: 'active', closes_at: null, closed_at: null });
  expect(decide(closed({ closesAt: minutes(5) }), {})).toMatchObject({ closes_at: minutes(5) });
});

test('leaves a poll alone that would end with a closing time in the past', () => {
  const past = closed({ closesAt: minutes(-5) });
  expect(decide(past, {})).toBe('closed, and its closing time has passed: give `closes` or `extend_hours`');
  expect(decide(past, { closes: '2026-10-31' })).toBe('closed, and the closing time asked for has passed');
  expect(decide(past, { extend_hours: 1 }, minutes(61))).toMatch(/asked for has passed/);
  expect(decide(past, { extend_hours: 1.5 })).toMatchObject({ closes_at: minutes(90) });
});

test('counts durations from the command, and dates in the zone of each poll', () => {
  expect(decide(closed(), { closes: '2h' }, minutes(10))).toMatchObject({ closes_at: minutes(120) });
  const berlin = closed({ timezone: 'Europe/Berlin' });
  expect(decide(berlin, { closes: '2026-12-01 18:00' })).toMatchObject({
    closes_at: new Date('2026-12-01T17:00:00Z'),
  });
  expect(decide(berlin, { closes: '2027-03-28 02:30' })).toBe(
    'the clocks of Europe/Berlin skip the time asked for',
  );
});

test('pings nobody again, and opens now what was closed before it could open', () => {
  const early = closed({ opensAt: minutes(30), pingRoleId: '900000000000000701' });
  expect(decide(early, {})).toMatchObject({ opens_at: now, ping_pending: false });
});

test('applies to closed polls only', () => {
  expect(decide(poll(), {})).toBe('already active');
  expect(decide(poll({ status: 'scheduled' }), {})).toBe('scheduled; only closed polls can be reopened');
});

test('waits for the delay and keeps votes aside only where it resets them', () => {
  for (const reset_votes of [true, false]) {
    expect(asked({ reset_votes })).toMatchObject({ destructive: reset_votes, setsVotesAside: reset_votes });
  }
});

test.each([
  [{ closes: '3d', extend_hours: 2 }, /^Give either `closes` or `extend_hours`, not both/],
  [{ closes: 'soon' }, /"soon" is no time\. Write a date such as/],
  [{ extend_hours: 0 }, /`extend_hours` must be more than 0 and at most/],
  [{ extend_hours: 1e6 }, /`extend_hours` must be more than 0 and at most/],
])('refuses %j with what is allowed', (options, message) => {
  expect(() => readParams(reopen, options, now)).toThrow(message);
});
