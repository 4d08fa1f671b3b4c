import { DateTime, FixedOffsetZone } from 'luxon';
import { UserError } from '../base/errors.ts';
import { quoted } from './text.ts';

const unitMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000 } as const;
const longestMs = 3650 * unitMs.d;
const years = { first: 2000, last: 2100 } as const;

/** Reads `2h30m`, `3d`, `90m`, `1w` as milliseconds: more than nothing, at most 3650 days. Throws `UserError`. */
export function parseDuration(text: string): number {
  const compact = text.trim().toLowerCase().replace(/\s+/g, '');
  if (!durationForm.test(compact)) {
    throw new UserError(
      `${quoted(text)} is no duration. Write one such as \`90m\`, \`2h30m\`, \`3d\` or \`1w\`.`,
    );
  }
  let ms = 0;
  for (const [, count, unit] of compact.matchAll(/(\d+)([wdhm])/g)) {
    ms += Number(count) * unitMs[unit as keyof typeof unitMs];
  }
  if (ms <= 0 || ms > longestMs) {
    throw new UserError(`${quoted(text)} must be longer than nothing and at most 3650 days.`);
  }
  return ms;
}

export interface WhenOptions {
  /** The IANA name of the zone for dates that have no offset of their own. */
  readonly zone: string;
  readonly now: Date;
  /** Whether `3d` means three days from now (default) or three days ago. */
  readonly durations?: 'ahead' | 'ago';
}

/**
 * An instant as people write it: `2026-12-01 18:00`, `2026-12-01` (its first moment), `2026-12-01T18:00:00+01:00`, a
 * Discord timestamp (`<t:1796144400>`), or a duration. If the clocks show a time twice, the first of the two is
 * meant. Throws `UserError`, also for times that daylight saving skips and for years outside 2000 to 2100.
 */
export function parseWhen(text: string, { zone, now, durations = 'ahead' }: WhenOptions): Date {
  const trimmed = text.trim();
  if (durationForm.test(trimmed.toLowerCase().replace(/\s+/g, ''))) {
    const ms = parseDuration(trimmed);
    return new Date(now.getTime() + (durations === 'ahead' ? ms : -ms));
  }
  const stamp = /^<t:(-?\d{1,12})(?::[tTdDfFsSR])?>$/.exec(trimmed);
  const when = stamp ? DateTime.fromSeconds(Number(stamp[1]), { zone: 'utc' }) : isoDate(text, trimmed, zone);
  if (!when.isValid || when.year < years.first || when.year > years.last) {
    throw new UserError(`${quoted(text)} is outside the years ${years.first} to ${years.last}.`);
  }
  return when.toJSDate();
}

/** The IANA name of a zone, in its proper spelling. Throws `UserError`. */
export function checkZone(text: string): string {
  const name = text.trim();
  const canonical = /^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(name) ? canonicalZone(name) : null;
  if (canonical === null) {
    throw new UserError(
      `${quoted(text)} is no time zone. Use an IANA name such as \`Europe/Berlin\`, \`America/New_York\` or \`UTC\`.`,
    );
  }
  return canonical;
}

/** `<t:1796144400:R>`, which every reader sees in their own zone. R: relative; f: date and time. */
export function discordTime(date: Date, style: 'R' | 'f'): string {
  return `<t:${Math.floor(date.getTime() / 1000)}:${style}>`;
}

/** `2026-12-01 18:00 Europe/Berlin` */
export function timeInZone(date: Date, zone: string): string {
  return `${DateTime.fromJSDate(date, { zone }).toFormat('yyyy-MM-dd HH:mm')} ${zone}`;
}

const durationForm = /^(?:\d{1,9}[wdhm])+$/;
const isoForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:(?:T|\s+)(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

function isoDate(text: string, trimmed: string, zone: string): DateTime {
  const match = isoForm.exec(trimmed);
  if (!match) {
    throw new UserError(
      `${quoted(text)} is no time. Write a date such as \`2026-12-01 18:00\` or \`2026-12-01\`, or a duration such as \`3d\` or \`2h30m\`.`,
    );
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const offset = match[7]?.toUpperCase();
  const local = DateTime.fromObject(
    { year, month, day, hour, minute, second },
    { zone: offset === undefined ? zone : FixedOffsetZone.instance(offsetMinutes(offset)) },
  );
  if (!local.isValid) throw new UserError(`${quoted(text)} is no date or time that exists.`);
  // Luxon moves a time that daylight saving skips by the length of the gap. A date alone means its first moment.
  const dateOnly = match[4] === undefined;
  if (!dateOnly && (local.hour !== hour || local.minute !== minute)) {
    throw new UserError(
      `${quoted(text)} does not exist in ${zone}: the clocks skip it. Choose a time an hour later.`,
    );
  }
  return dateOnly ? local.startOf('day') : DateTime.min(local, ...local.getPossibleOffsets());
}

/** `Z`, `+02:00`, `-0530` */
function offsetMinutes(offset: string): number {
  if (offset === 'Z') return 0;
  const [hours, minutes] = [offset.slice(1, 3), offset.slice(-2)].map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours! * 60 + minutes!);
}

/**
 * The runtime answers newer names with older ones (`Europe/Kyiv` with `Europe/Kiev`). So a name that is spelled with
 * capitals is kept as it was written.
 */
function canonicalZone(name: string): string | null {
  try {
    const resolved = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    if (resolved === 'UTC' || resolved.toLowerCase() === name.toLowerCase()) return resolved;
    return /^[A-Z]/.test(name) ? name : resolved;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
