import { UserError } from '../../base/errors.ts';
import { greatestRowId } from '../../db/row-id.ts';
import { quoted } from '../../polls/text.ts';

/**
 * Reads poll numbers and ranges: `12, 40-55`, `#7 #9`. Returns them in ascending order, each once. Throws `UserError`
 * if something is no number, if a range runs backwards, or if more than `limit` polls are named.
 */
export function parsePollNumbers(text: string, limit: number): number[] {
  const numbers = new Set<number>();
  const parts = text
    .replaceAll(/\s*([-–—])\s*/g, '-')
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
  if (parts.length === 0) throw new UserError(`\`polls\` is empty. ${example}`);
  const ranges = parts.map(parseRange);
  const count = countNumbers(ranges);
  if (count > limit) throw tooMany(count, limit);
  for (const { first, last } of ranges) {
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** How many different numbers the ranges hold. It is fast however long the ranges are. */
function countNumbers(ranges: readonly Range[]): number {
  let count = 0;
  let counted = 0;
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    count += Math.max(0, last - Math.max(first - 1, counted));
    counted = Math.max(counted, last);
  }
  return count;
}

const example = 'Write numbers and ranges, for example `12, 40-55`.';

function parseRange(part: string): Range {
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

function tooMany(count: number, limit: number): UserError {
  return new UserError(
    `\`polls\` names ${count} polls, more than ${limit} polls, and one operation takes at most ${limit}. Nothing was changed. Name fewer, or split them over several operations.`,
  );
}

/**
 * Writes ascending numbers one by one if they are at most `limit`, so that each can be found. More of them become
 * ranges, `#1–#3, #7`: at most `limit` of these, then “and N more”.
 */
export function formatPollNumbers(numbers: readonly number[], limit = 12): string {
  if (numbers.length <= limit) return numbers.map((number) => `#${number}`).join(', ');
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
