import { DateTime } from 'luxon';
import { cut } from '../../polls/text.ts';
import type { ResultOrOpen, Stats } from './stats-store.ts';

/** In pixels before scaling: close to what Discord shows without a click. */
const width = 760;
const plot = { left: 56, right: 740, top: 92, bottom: 292 };
const errorsTop = 374;
const errorRow = 46;
/** The average width of a letter of DejaVu Sans at 14 px, a little more to be safe. */
const letter = 8.6;

/** Discord's dark theme. */
const colours = {
  background: '#2b2d31',
  text: '#f2f3f5',
  faint: '#b5bac1',
  line: '#3f4147',
};
const outcomeColours: Readonly<Record<ResultOrOpen, string>> = {
  completed: '#57f287',
  'completed with failures': '#faa61a',
  cancelled: '#99aab5',
  'timed out': '#eb459e',
  failed: '#ed4245',
  open: '#5865f2',
};
/** The widths of the words at 13 px. */
const legendWidths: Readonly<Record<ResultOrOpen, number>> = {
  completed: 68,
  'completed with failures': 153,
  cancelled: 66,
  'timed out': 64,
  failed: 40,
  open: 80,
};
const outcomes = Object.keys(outcomeColours) as ResultOrOpen[];

/** The numbers of `/bulk stats` as an SVG: above, operations by time and outcome; below, the commonest errors. Pure. */
export function statsChart(stats: Stats, days: number): string {
  const height = errorsTop + Math.max(1, stats.errors.length) * errorRow + 18;
  const span = days === 1 ? 'last 24 hours' : `last ${days} days`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans">`,
    `<rect width="${width}" height="${height}" fill="${colours.background}"/>`,
    text(20, 34, `Operations per ${stats.unit} (UTC), ${span}`, { size: 18, bold: true }),
    ...legend(),
    ...bars(stats),
    text(20, errorsTop - 14, 'Commonest errors', { size: 18, bold: true }),
    ...errors(stats),
    '</svg>',
  ].join('\n');
}

function legend(): string[] {
  let x = 20;
  return outcomes.flatMap((outcome) => {
    const label = outcome === 'open' ? 'still running' : outcome;
    const item = [
      `<rect x="${x}" y="53" width="12" height="12" rx="3" fill="${outcomeColours[outcome]}"/>`,
      text(x + 18, 64, label, { size: 13, fill: colours.faint }),
    ];
    x += 18 + legendWidths[outcome] + 20;
    return item;
  });
}

function bars({ buckets, unit }: Stats): string[] {
  const totals = buckets.map((bucket) =>
    outcomes.reduce((sum, name) => sum + (bucket.outcomes[name] ?? 0), 0),
  );
  const most = Math.max(0, ...totals);
  const step = niceStep(most / 4);
  const top = Math.max(step, Math.ceil(most / step) * step);
  const y = (value: number) => plot.bottom - (value / top) * (plot.bottom - plot.top);
  const drawn: string[] = [];
  for (let value = 0; value <= top; value += most === 0 ? top : step) {
    drawn.push(
      `<line x1="${plot.left}" x2="${plot.right}" y1="${y(value)}" y2="${y(value)}" stroke="${colours.line}"/>`,
    );
    if (most > 0 || value === 0) {
      drawn.push(
        text(plot.left - 8, y(value) + 4.5, String(value), { size: 13, fill: colours.faint, anchor: 'end' }),
      );
    }
  }
  const slot = (plot.right - plot.left) / buckets.length;
  const barWidth = Math.max(1, Math.min(48, slot * 0.78));
  const labelEvery = Math.ceil(buckets.length / 8);
  buckets.forEach((bucket, index) => {
    const centre = plot.left + (index + 0.5) * slot;
    let below = 0;
    for (const name of outcomes) {
      const count = bucket.outcomes[name] ?? 0;
      if (count === 0) continue;
      const [from, to] = [y(below), y(below + count)];
      drawn.push(
        `<rect x="${round(centre - barWidth / 2)}" y="${round(to)}" width="${round(barWidth)}" height="${round(from - to)}" fill="${outcomeColours[name]}"/>`,
      );
      below += count;
    }
    // Counted from the newest bar, whose label says where the chart ends.
    if ((buckets.length - 1 - index) % labelEvery === 0) {
      const label = bucketLabel(bucket.start, unit === 'week' && buckets.length > 52 ? 'month' : unit);
      const half = (label.length * letter) / 2;
      const x = Math.max(half + 4, Math.min(plot.right + 6 - half, centre));
      drawn.push(text(x, plot.bottom + 22, label, { size: 13, fill: colours.faint, anchor: 'middle' }));
    }
  });
  if (most === 0) {
    const middle = (plot.top + plot.bottom) / 2;
    drawn.push(
      text((plot.left + plot.right) / 2, middle + 5, 'No operations', {
        fill: colours.faint,
        anchor: 'middle',
      }),
    );
  }
  return drawn;
}

function errors(stats: Stats): string[] {
  if (stats.errors.length === 0)
    return [text(20, errorsTop + 16, 'None: no poll failed.', { fill: colours.faint })];
  const most = Math.max(...stats.errors.map((error) => error.count));
  const counts = stats.errors.map((error) => String(error.count));
  const right = width - 20 - Math.max(...counts.map((count) => count.length)) * 9.5 - 10;
  return stats.errors.flatMap((error, index) => {
    const y = errorsTop + index * errorRow;
    const code = error.code === null ? '' : ` (${error.code})`;
    const label = `${cut(error.message, Math.floor((width - 40) / letter) - code.length)}${code}`;
    const length = Math.max(3, ((right - 20) * error.count) / most);
    return [
      text(20, y + 14, label, {}),
      `<rect x="20" y="${y + 21}" width="${round(right - 20)}" height="12" rx="3" fill="${colours.line}"/>`,
      `<rect x="20" y="${y + 21}" width="${round(length)}" height="12" rx="3" fill="${outcomeColours.failed}"/>`,
      text(width - 20, y + 32, counts[index]!, { bold: true, anchor: 'end' }),
    ];
  });
}

function bucketLabel(start: Date, unit: Stats['unit']): string {
  const format = { hour: 'HH:mm', day: 'd LLL', week: 'd LLL', month: 'LLL yyyy' }[unit];
  return DateTime.fromJSDate(start, { zone: 'UTC' }).setLocale('en').toFormat(format);
}

/** The smallest of 1, 2, 5, 10, 20, 50 … that is not below `least`. */
function niceStep(least: number): number {
  for (let power = 1; ; power *= 10) {
    for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power;
  }
}

function text(
  x: number,
  y: number,
  content: string,
  style: { size?: number; bold?: boolean; fill?: string; anchor?: 'middle' | 'end' },
): string {
  const { size = 14, bold = false, fill = colours.text, anchor } = style;
  const attributes = [
    `x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}"`,
    bold ? ' font-weight="bold"' : '',
    anchor ? ` text-anchor="${anchor}"` : '',
  ];
  return `<text ${attributes.join('')}>${escapeXml(content)}</text>`;
}

/** What XML 1.0 does not allow at all (https://www.w3.org/TR/xml/#charsets) becomes a space. */
function escapeXml(content: string): string {
  return content
    .toWellFormed()
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
