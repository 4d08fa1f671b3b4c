import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { expect } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { expectEach } from './poll-states.ts';
import type { DumpedPoll } from './polls-dump.ts';

/** The CSV files that came with these messages hold one row for each of the polls, in their order, with what its rows say. */
export function expectExported(
  files: readonly SandboxMessage[],
  polls: readonly DumpedPoll[],
  namesOf: (poll: DumpedPoll) => { readonly server: string; readonly channel: string },
): void {
  const rows = files.flatMap(csvRows);
  expect(rows).toHaveLength(polls.length);
  const columns = Math.max(...polls.map(({ options }) => options.length));
  expectEach(rows, (row, index) => {
    const poll = polls[index]!;
    return [row, exportedRow(poll, namesOf(poll), columns)];
  });
}

/** Each row with its columns by name. */
function csvRows({ attachments }: SandboxMessage): Record<string, string>[] {
  return attachments.flatMap(({ name, data }) => {
    const text = (name.endsWith('.gz') ? gunzipSync(data) : data).toString();
    return parse(text, { columns: true }) as Record<string, string>[];
  });
}

/** What an export with voters has to say of a poll; `columns`: how many options the longest one has. */
function exportedRow(
  { row, options, votes }: DumpedPoll,
  names: { readonly server: string; readonly channel: string },
  columns: number,
): Record<string, string> {
  const secret = row.anonymous && row.status !== 'closed';
  const perOption = Array.from({ length: columns }, (_, position) => {
    const cast = votes.filter((vote) => vote.position === position).map((vote) => vote.user_id);
    const label = options[position]?.label;
    return [
      [`option_${position + 1}`, harmless(label ?? '')],
      [`votes_${position + 1}`, secret || label === undefined ? '' : String(cast.length)],
      [`voters_${position + 1}`, row.anonymous ? '' : cast.join(' ')],
    ];
  });
  return {
    number: String(row.id),
    question: harmless(row.question),
    status: row.status,
    server_id: row.guild_id,
    server: names.server,
    channel_id: row.channel_id,
    channel: names.channel,
    creator_id: row.creator_id,
    link: `https://discord.com/channels/${row.guild_id}/${row.channel_id}/${row.message_id}`,
    timezone: row.timezone,
    anonymous: String(row.anonymous),
    max_choices: String(row.max_choices),
    ping_role_id: row.ping_role_id ?? '',
    ...instant('created_at', row),
    ...instant('opens_at', row),
    ...instant('closes_at', row),
    ...instant('closed_at', row),
    people: secret ? '' : String(new Set(votes.map((vote) => vote.user_id)).size),
    ...Object.fromEntries(perOption.flat()),
  };
}

/** What a spreadsheet would take for a formula has a `'` in front. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function instant(
  name: 'created_at' | 'opens_at' | 'closes_at' | 'closed_at',
  row: DumpedPoll['row'],
): Record<string, string> {
  const at = row[name];
  if (at === null) return { [name]: '', [`${name}_local`]: '' };
  const date = new Date(at);
  return { [name]: date.toISOString(), [`${name}_local`]: local(date, row.timezone) };
}

/** ISO 8601 by the clocks of a zone. */
function local(date: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'longOffset',
  });
  const part = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  const offset = timeZone === 'UTC' ? 'Z' : part.timeZoneName!.replace('GMT', '');
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}.${part.fractionalSecond}${offset}`;
}
