import { greatestRowId } from '../db/row-id.ts';
import { UserError } from '../errors.ts';
import { quoted } from '../polls/text.ts';

/**
 * Reads poll numbers and ranges: `12, 40-55`, `#7 #9`. Ascending, each once.
 * Throws `UserError` where something is no number, a range runs backwards, or more than `limit` polls are named.
 */
export function parsePollNumbers(text: string, limit: number): number[] {
  const numbers = new Set<number>();
  const parts = text
    .replaceAll(/\s*([-–—])\s*/g, '-')
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
  if (parts.length === 0) throw new UserError(`\`polls\` is empty. ${example}`);
  for (const part of parts) {
    const { first, last } = parseRange(part);
    if (last - first + 1 + numbers.size > limit) tooMany(part, limit);
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

const example = 'Write numbers and ranges, for example `12, 40-55`.';

function parseRange(part: string): { first: number; last: number } {
  const match = /^#?(\d{1,15})(?:-#?(\d{1,15}))?$/.exec(part);
  if (!match) throw new UserError(`${quoted(part)} is no poll number. ${example}`);
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (last < first)
    throw new UserError(
      `The range ${quoted(part)} runs backwards: write \`${last}-${first}\`. Nothing was changed.`,
    );
  if (first < 1 || first > greatestRowId) throw new UserError(`There is no poll #${first}. ${example}`);
  return { first, last };
}

function tooMany(part: string, limit: number): never {
  throw new UserError(
    `\`polls\` names more than ${limit} polls (at ${quoted(part)}); one operation takes at most ${limit}. Name fewer, or split them over several operations.`,
  );
}

/** Writes numbers compactly, as ranges where they run on: `#1–#3, #7`. At most `limit` ranges, then “and N more”. */
export function formatPollNumbers(numbers: readonly number[], limit = 12): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range && number === range.last + 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  const shown = ranges.slice(0, limit).map(({ first, last }) => {
    if (first === last) return `#${first}`;
    return last === first + 1 ? `#${first}, #${last}` : `#${first}–#${last}`;
  });
  const rest = ranges.slice(limit).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
