import { expect, test } from 'vitest';
import { suggestZones } from '../../../src/polls/lists/zone-suggestions.ts';
import { checkZone } from '../../../src/polls/time.ts';

test('time zones are found by any part of their name, in any case; a place that begins so comes first', () => {
  expect(suggestZones('berlin', 25)).toEqual(['Europe/Berlin']);
  expect(suggestZones(' new york ', 25)).toEqual(['America/New_York']);
  expect(suggestZones('NEW_YORK', 25)).toEqual(['America/New_York']);
  expect(suggestZones('europe/', 3).every((zone) => zone.startsWith('Europe/'))).toBe(true);
  expect(suggestZones('ut', 25)[0]).toBe('UTC');
  expect(suggestZones('york', 25)).toEqual(['America/New_York']);
});

test('without a text the list begins with UTC and is no longer than wanted', () => {
  const zones = suggestZones('', 25);
  expect([zones[0], zones.length]).toEqual(['UTC', 25]);
});

test('nothing is suggested for what is no zone', () => {
  for (const text of ['Atlantis', '%', '.*', '😀', '\u0000']) expect(suggestZones(text, 25)).toEqual([]);
});

test('every suggested zone is one that can be set', () => {
  for (const zone of suggestZones('', 1000)) expect(checkZone(zone)).toBe(zone);
});
