import { expect, test } from 'vitest';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { status } from '../../../src/bulk/kinds/status.ts';
import type { Poll } from '../../../src/polls/poll.ts';
import { minutes, now, poll } from '../../polls/poll-fixture.ts';
import { changing } from '../changing.ts';

const roleId = '900000000000000701';

/** The kind with these options, given `now`. */
function asked(options: Record<string, unknown>) {
  return changing(status.bind(readParams(status, options, now)));
}

function decide(given: Poll, options: Record<string, unknown>, at = now) {
  return asked(options).decide(given, at);
}

test.each(['scheduled', 'active', 'closed'] as const)('says that a poll is already %s', (state) => {
  expect(decide(poll({ status: state, opensAt: minutes(5) }), { to: state })).toBe(`already ${state}`);
});

test('says that a poll that is already so keeps its times, where others were asked for', () => {
  const planned = poll({ status: 'scheduled', opensAt: minutes(5) });
  expect(decide(planned, { to: 'scheduled', opens: '2h' })).toMatch(/^already scheduled, so its times stay/);
  expect(decide(poll(), { to: 'active', closes: '2h' })).toMatch(/^already active, so its times stay/);
});

test('schedules active and closed polls for a time in the future', () => {
  for (const given of [poll(), poll({ status: 'closed', closedAt: minutes(-1) })]) {
    expect(decide(given, { to: 'scheduled', opens: '2h' })).toEqual({
      status: 'scheduled',
      opens_at: minutes(120),
      closes_at: null,
      closed_at: null,
      ping_pending: false,
    });
  }
  const berlin = poll({ timezone: 'Europe/Berlin' });
  expect(decide(berlin, { to: 'scheduled', opens: '2026-12-01 18:00', closes: '60d' })).toMatchObject({
    opens_at: new Date('2026-12-01T17:00:00Z'),
    closes_at: minutes(60 * 24 * 60),
  });
});

test('schedules nothing without an opening time in the future, or to close before it opens', () => {
  expect(decide(poll(), { to: 'scheduled' })).toBe('has no opening time in the future: give `opens`');
  expect(decide(poll(), { to: 'scheduled', opens: '2026-10-31' })).toBe(
    'the opening time asked for has passed',
  );
  expect(decide(poll(), { to: 'scheduled', opens: '1h' }, minutes(60))).toMatch(/has passed/);
  expect(decide(poll({ closesAt: minutes(30) }), { to: 'scheduled', opens: '1h' })).toBe(
    'would close before it opens: give `closes`',
  );
  expect(decide(poll(), { to: 'scheduled', opens: '1h', closes: '30m' })).toBe(
    '`closes` is not after `opens`',
  );
  const planned = poll({ status: 'closed', opensAt: minutes(5) });
  expect(decide(planned, { to: 'scheduled' })).toMatchObject({ opens_at: minutes(5) });
});

test('opens scheduled polls now, with their ping, and closed ones without', () => {
  const scheduled = poll({ status: 'scheduled', opensAt: minutes(30), pingRoleId: roleId });
  expect(decide(scheduled, { to: 'active' })).toMatchObject({
    status: 'active',
    opens_at: now,
    ping_pending: true,
  });
  const closed = poll({ status: 'closed', closedAt: minutes(-1), pingRoleId: roleId });
  expect(decide(closed, { to: 'active', closes: '1d' })).toMatchObject({
    status: 'active',
    closed_at: null,
    closes_at: minutes(24 * 60),
    ping_pending: false,
  });
});

test('opens nothing that would have closed already', () => {
  const past = poll({ status: 'closed', closesAt: minutes(-5) });
  expect(decide(past, { to: 'active' })).toBe('closed, and its closing time has passed: give `closes`');
  expect(decide(past, { to: 'active', closes: '2026-10-31' })).toBe('the closing time asked for has passed');
});

test('closes now, with the delay and above 100 polls the phrase of a close', () => {
  expect(decide(poll({ closesAt: minutes(5) }), { to: 'closed' })).toEqual({
    status: 'closed',
    closed_at: now,
    ping_pending: false,
  });
  const [closed, active] = [asked({ to: 'closed' }), asked({ to: 'active' })];
  expect(closed.destructive).toBe(true);
  expect(closed.phrase(100)).toBeNull();
  expect(closed.phrase(812)).toBe('CLOSE 812');
  expect(active.destructive).toBe(false);
  expect(active.phrase(812)).toBeNull();
});

test.each([
  [{}, /^`to` must be `scheduled`, `active` or `closed`\./],
  [{ to: 'open' }, /^`to` must be `scheduled`, `active` or `closed`\./],
  [{ to: 'active', opens: '1h' }, /^`opens` goes with `to: scheduled` alone/],
  [{ to: 'closed', closes: '1h' }, /^`closes` goes with `to: scheduled` or `to: active`/],
  [{ to: 'scheduled', opens: 'tomorrow' }, /"tomorrow" is no time\. Write a date/],
])('refuses %j with what is allowed', (options, message) => {
  expect(() => readParams(status, options, now)).toThrow(message);
});
