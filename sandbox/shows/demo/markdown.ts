import { styleText } from 'node:util';
import type { MentionNames } from '../stage/stage.ts';

/** Discord's mentions and times as its client shows them, without backslashes: plain text, one line for each line. */
export function plainText(text: string, names: MentionNames, now: number): string {
  return text
    .replace(/<@!?(\d+)>/g, (whole, id) => (names.user(id) ? `@${names.user(id)}` : whole))
    .replace(/<#(\d+)>/g, (whole, id) => (names.channel(id) ? `#${names.channel(id)}` : whole))
    .replace(/<@&(\d+)>/g, (whole, id) => (names.role(id) ? `@${names.role(id)}` : whole))
    .replace(/<t:(\d+)(?::[a-zA-Z])?>/g, (_, seconds) => relative(Number(seconds) * 1000 - now))
    .replace(/\p{Cc}(?<!\n)|[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/gu, '');
}

/** A line that is already cut to its width, with Discord's bold and code in the terminal's own styles. */
export function styledLine(line: string): string {
  return line
    .replace(/\*\*(.+?)\*\*/g, (_, inner) => styleText('bold', inner))
    .replace(/(?<!\\)`(.+?)(?<!\\)`/g, (_, inner) => styleText('cyan', inner))
    .replace(/(?<![\\*\w])\*([^*\s](?:[^*]*[^*\s\\])?)\*(?![*\w])/g, (_, inner) => styleText('italic', inner))
    .replace(/\\([\\*_~`|>#@:[\]()<=-])/g, '$1')
    .replace(/\p{Cf}/gu, '');
}

function relative(ms: number): string {
  const [amount, unit] = units.find(([size]) => Math.abs(ms) >= size) ?? units.at(-1)!;
  const count = Math.max(1, Math.round(Math.abs(ms) / amount));
  const span = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return ms > 0 ? `in ${span}` : `${span} ago`;
}

const units: readonly (readonly [number, string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];
