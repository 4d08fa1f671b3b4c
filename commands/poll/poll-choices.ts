import { discordLimits } from '../../src/base/display/discord-limits.ts';
import type { Choice } from '../../src/bot/handlers.ts';
import type { Db } from '../../src/db/schema.ts';
import {
  type PollSuggestion,
  type SuggestionRequest,
  suggestPolls,
} from '../../src/polls/lists/poll-suggestions.ts';
import { suggestZones } from '../../src/polls/lists/zone-suggestions.ts';

type Among = Omit<SuggestionRequest, 'limit'>;

/** Suggestions for an option that takes a time zone. */
export function zoneChoices(typed: string): Choice[] {
  return suggestZones(typed, discordLimits.choices).map((zone) => ({ name: zone, value: zone }));
}

/** Suggestions for an option that takes one poll's number. */
export async function pollChoices(db: Db, among: Among, typed: string): Promise<Choice[]> {
  const found = await suggestPolls(db, { ...among, limit: discordLimits.choices }, typed);
  return found.map((poll) => ({ name: nameOf(poll), value: poll.id }));
}

/** Suggestions for an option that takes numbers and ranges. They complete what follows the last comma. */
export async function pollListChoices(db: Db, among: Among, typed: string): Promise<Choice[]> {
  const end = typed.lastIndexOf(',') + 1;
  const before = typed.slice(0, end).trim();
  const last = typed.slice(end).trim();
  // The author ends a range.
  if (/^#?\d+\s*[-–—]/.test(last)) return [{ name: typed.trim(), value: typed.trim() }];
  const found = await suggestPolls(db, { ...among, limit: discordLimits.choices }, last);
  return found.map((poll) => ({
    name: before === '' ? nameOf(poll) : `${before} ${nameOf(poll)}`,
    value: before === '' ? String(poll.id) : `${before} ${poll.id}`,
  }));
}

function nameOf({ id, status, question }: PollSuggestion): string {
  return `#${id} · ${status} · ${question}`;
}
