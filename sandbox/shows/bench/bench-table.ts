import type { VoteAnswer } from '../stage/voters.ts';
import type { BenchRow } from './measure/bench-row.ts';
import { median, quantile } from './measure/statistics.ts';
import type { BenchFigures, Measured, StagedFigures } from './run-bench.ts';
import { scaleRows } from './scale/scale-rows.ts';

/** How long a person needs to look a number up and to type `/poll close poll:123`, in ms. Generous. */
const typingMs = 3000;

/** The figures as lines. Each ratio compares two things that were measured in this run. */
export function benchRows({ staged, scale }: BenchFigures): BenchRow[] {
  return [...(staged ? stagedRows(staged) : []), ...(scale ? scaleRows(scale.times) : [])];
}

function stagedRows(figures: StagedFigures): BenchRow[] {
  const { wide, narrow, small, idleVotes, oneByOne } = figures;
  return [
    ...(narrow ? [...closeRows(wide, 40, 1.1), ...closeRows(narrow, 20, 1.1)] : []),
    ...(idleVotes ? voteRows(figures) : []),
    ...(oneByOne ? oneByOneRows(figures) : []),
    ...(small ? footprintRows(wide, small) : []),
  ];
}

/** The rows in Markdown. */
export function markdownTable(rows: readonly BenchRow[]): string {
  const cells = rows.map(({ figure, measured, demanded, holds }) => [
    figure,
    measured,
    demanded,
    holds === null ? '' : holds ? 'yes' : '**no**',
  ]);
  const all = [['Figure', 'Measured', 'Demanded', 'Holds'], ...cells];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...all.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(all[0]!), rule, ...cells.map(line)].join('\n');
}

function closeRows(close: Measured, channels: number, most: number): BenchRow[] {
  const name = `${close.polls} polls, ${channels} channels: `;
  const { done, failed } = close.counts;
  const times = close.messagesMs / close.minimumMs;
  const detail = `${seconds(close.messagesMs)} ÷ ${seconds(close.minimumMs)}`;
  return [
    atMost({ figure: `${name}messages ÷ minimum`, value: times, unit: ratio, detail }, most),
    atMost({ figure: `${name}requests over a limit (429)`, value: close.refused429, unit: String }, 5),
    atMost({ figure: `${name}progress behind the truth`, value: close.lagMs, unit: seconds }, 2000),
    free(`${name}every change committed, as shown`, seconds(close.committedShownMs)),
    free(`${name}votes refused from`, seconds(close.voteRefusedMs)),
    free(`${name}result shown`, seconds(close.resultMs)),
    atLeast({ figure: `${name}success`, value: done / (done + failed), unit: percent }, 0.99),
  ];
}

function voteRows({ narrow, idleVotes }: StagedFigures): BenchRow[] {
  const times = (votes: readonly VoteAnswer[]) => votes.map((one) => one.answeredAt - one.pressedAt);
  const [idle, busy] = [times(idleVotes!), times(narrow?.otherVotes ?? [])];
  const row = (name: string, of: (values: readonly number[]) => number) =>
    free(
      `vote answered, ${name}: during an operation ÷ at rest`,
      `${ratio(of(busy) / of(idle))} (${of(busy)} ms ÷ ${of(idle)} ms)`,
    );
  return [
    row('median', median),
    row('95 %', (values) => quantile(values, 0.95)),
    free('votes in these figures: during, at rest', `${busy.length}, ${idle.length}`),
  ];
}

function oneByOneRows({ wide, oneByOne }: StagedFigures): BenchRow[] {
  const { inOrderMs, spreadMs } = oneByOne!;
  const saved = (ms: number) => 1 - wide.resultMs / (ms * wide.polls);
  const detail = (ms: number) => `${seconds(wide.resultMs)} for ${seconds(ms * wide.polls)}`;
  const name = `time saved over ${wide.polls} × \`/poll close\`, `;
  return [
    atLeast(
      {
        figure: `${name}channel by channel`,
        value: saved(inOrderMs),
        unit: percent,
        detail: detail(inOrderMs),
      },
      0.95,
    ),
    free(
      `${name}${typingMs / 1000} s to type each`,
      `${percent(saved(spreadMs + typingMs))} (${detail(spreadMs + typingMs)})`,
    ),
    free(
      `${name}by a machine, another channel each time`,
      `${percent(saved(spreadMs))} (${detail(spreadMs)})`,
    ),
  ];
}

function footprintRows(wide: Measured, small: Measured): BenchRow[] {
  const name = `${wide.polls} polls ÷ ${small.polls}: `;
  const compare = (pick: (one: Measured) => number | null, unit: (value: number) => string) => {
    const [large, little] = [pick(wide), pick(small)];
    if (large === null || little === null) return 'not measured here';
    return `${ratio(large / little)} (${unit(large)} ÷ ${unit(little)})`;
  };
  return [
    free(
      `${name}peak memory of the bot`,
      compare(({ footprint }) => footprint.peakBytes, megabytes),
    ),
    free(
      `${name}processor time of the bot`,
      compare(({ footprint }) => footprint.processorMs, seconds),
    ),
    free(
      `${name}database at work (active_time)`,
      compare(({ footprint }) => footprint.databaseMs, seconds),
    ),
  ];
}

interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: (value: number) => string;
  readonly detail?: string;
}

function atMost({ figure, value, unit, detail }: Figure, most: number): BenchRow {
  const measured = withDetail(unit(value), detail);
  return { figure, measured, demanded: `≤ ${unit(most)}`, holds: value <= most };
}

function atLeast({ figure, value, unit, detail }: Figure, least: number): BenchRow {
  const measured = withDetail(unit(value), detail);
  return { figure, measured, demanded: `≥ ${unit(least)}`, holds: value >= least };
}

function free(figure: string, measured: string): BenchRow {
  return { figure, measured, demanded: '', holds: null };
}

function withDetail(value: string, detail: string | undefined): string {
  return detail === undefined ? value : `${value} (${detail})`;
}

function ratio(value: number): string {
  return `${value.toFixed(2)} ×`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}
