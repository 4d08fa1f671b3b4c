import type { APIEmbed } from 'discord-api-types/v10';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { embedColours } from '../../base/display/embed-colours.ts';
import { counted, plural } from '../../base/display/plural.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { cut, escapeText } from '../../polls/text.ts';
import { formatSpan } from '../words/format-duration.ts';
import type { KindStats, ResultOrOpen, Stats } from './stats-store.ts';

const words: readonly [ResultOrOpen, string][] = [
  ['completed', 'completed'],
  ['completed with failures', 'completed with failures'],
  ['cancelled', 'cancelled'],
  ['timed out', 'timed out'],
  ['failed', 'failed'],
  ['open', 'still running'],
];

/** The numbers as text, and the chart below them. */
export function renderStats(stats: Stats, days: number, png: Buffer): MessageBody {
  const name = `stats-${days}-days.png`;
  const operations = stats.kinds.reduce((sum, kind) => sum + kind.operations, 0);
  const embed: APIEmbed = {
    title: days === 1 ? 'Operations of the last 24 hours' : `Operations of the last ${days} days`,
    description:
      operations === 0 ? 'No operation was started in this time.' : summary(stats.kinds, operations),
    color: embedColours.plain,
    fields: stats.kinds.map((kind) => ({ name: kind.kind, value: kindText(kind), inline: true })),
    image: { url: `attachment://${name}` },
  };
  if (operations > 0) {
    embed.fields!.push(
      { name: 'Commonest errors', value: errorText(stats) },
      { name: 'Peak hours (UTC)', value: peakHours(stats.hours) },
    );
  }
  return { embeds: [embed], files: [{ name, data: png }] };
}

function summary(kinds: readonly KindStats[], operations: number): string {
  const [done, failed, skipped] = (['done', 'failed', 'skipped'] as const).map((state) =>
    kinds.reduce((sum, kind) => sum + kind[state], 0),
  ) as [number, number, number];
  const total = `**${operations}** ${plural(operations, 'operation')}`;
  return `${total} · polls: **${done}** done, **${failed}** failed, **${skipped}** skipped${rates(done, failed)}`;
}

function kindText(kind: KindStats): string {
  const results = words
    .filter(([outcome]) => kind.outcomes[outcome])
    .map(([outcome, word]) => `${kind.outcomes[outcome]} ${word}`);
  const lines = [
    `${counted(kind.operations, 'operation')}: ${results.join(', ')}`,
    `Polls: ${kind.done} done, ${kind.failed} failed, ${kind.skipped} skipped`,
  ];
  const tried = rates(kind.done, kind.failed);
  if (tried !== '') lines.push(tried.slice(' · '.length));
  if (kind.meanMsPerPoll !== null) lines.push(`Mean time a poll: ${shortSpan(kind.meanMsPerPoll)}`);
  return lines.join('\n');
}

/** The rates of the polls that were tried. A skipped poll is neither a success nor a failure. */
function rates(done: number, failed: number): string {
  const tried = done + failed;
  if (tried === 0) return '';
  const success = Math.floor((done / tried) * 1000) / 10;
  const failure = Math.round((100 - success) * 10) / 10;
  return ` · Success: ${success} %, failure: ${failure} %`;
}

function shortSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : formatSpan(ms);
}

function errorText({ errors }: Stats): string {
  if (errors.length === 0) return 'None: no poll failed.';
  const lines = errors.map(
    ({ message, code, count }) =>
      `• ${count} × ${escapeText(cut(message, 70))}${code === null ? '' : ` (${code})`}`,
  );
  return cut(lines.join('\n'), discordLimits.embedFieldValue);
}

function peakHours(hours: readonly number[]): string {
  const busiest = hours
    .map((count, hour) => ({ count, hour }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.hour - b.hour)
    .slice(0, 3);
  const two = (hour: number) => String(hour % 24).padStart(2, '0');
  return busiest.map(({ hour, count }) => `${two(hour)}:00–${two(hour + 1)}:00 (${count})`).join(', ');
}
