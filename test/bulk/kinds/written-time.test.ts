import { expect, test } from 'vitest';
import type { OperationKind } from '../../../src/bulk/kinds/operation-kind.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { reopen } from '../../../src/bulk/kinds/reopen.ts';
import { settings } from '../../../src/bulk/kinds/settings.ts';
import { status } from '../../../src/bulk/kinds/status.ts';
import { now } from '../../polls/poll-fixture.ts';

/** What a preview says of the options. */
function details(kind: OperationKind, options: Record<string, unknown>) {
  return kind.bind(readParams(kind, options, now)).details({ deletedRetentionDays: 30 });
}

const stamp = (ms: number) => `<t:${Math.floor((now.getTime() + ms) / 1000)}:f>`;
const hourMs = 3_600_000;

test('a time that means the same for every poll is shown as the instant that it is', () => {
  expect(details(reopen, { closes: '3d' })).toEqual([`closes: 3d (${stamp(72 * hourMs)})`]);
  expect(details(reopen, { extend_hours: 1.5 })).toEqual([`closes: in 1.5 h (${stamp(1.5 * hourMs)})`]);
  expect(details(settings, { closes: '2026-12-01T18:00:00+01:00' })).toEqual([
    'closes: 2026-12-01T18:00:00+01:00 (<t:1796144400:f>)',
  ]);
  expect(details(settings, { closes: 'none' })).toEqual(['closes: none']);
});

test('a date is shown with the zone that it is read in', () => {
  expect(details(status, { to: 'scheduled', opens: '2026-12-01 18:00', closes: '2027-03-28 02:30' })).toEqual(
    [
      'status: scheduled',
      "opens: 2026-12-01 18:00 (in each poll's own time zone)",
      "closes: 2027-03-28 02:30 (in each poll's own time zone)",
    ],
  );
  expect(details(settings, { closes: '2026-12-01', timezone: 'europe/berlin' })).toEqual([
    'closes: 2026-12-01 (Europe/Berlin)',
    'timezone: Europe/Berlin',
  ]);
});
