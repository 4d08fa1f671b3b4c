import type { BenchRow } from '../measure/bench-row.ts';
import { median, quantile } from '../measure/statistics.ts';
import type { Storm, StormFigures } from './run-storm.ts';

/** After this many ms Discord shows "did not respond", and people press again. */
const inTimeMs = 3000;
/** How many ms a storm may add for people on other polls. */
const mostDelayMs = 500;

/** The figures as lines, storms of all databases side by side. */
export function stormRows(all: readonly StormFigures[]): BenchRow[] {
  return all.flatMap(({ database, storms, flood }) => [
    ...storms.flatMap((storm) => rowsOf(storm, database)),
    {
      figure: `${database}: votes on 100 polls, as fast as two cores shared with the stand-in carry them`,
      measured: `${((flood.answers.filter(({ counted }) => counted).length * 1000) / flood.ms).toFixed(0)} a second, answered in ${spread(flood.answers.map(({ afterMs }) => afterMs))}${
        flood.processorMs === null
          ? ''
          : `; ${(flood.processorMs / flood.answers.length).toFixed(2)} ms of the bot's processor each`
      }`,
      demanded: '',
      holds: null,
    },
  ]);
}

function rowsOf({ roundTripMs, hot, restMs, meanwhileMs }: Storm, database: string): BenchRow[] {
  const name = `${database}${roundTripMs === null ? '' : `, ${roundTripMs} ms away`}: `;
  const times = hot.map(({ afterMs }) => afterMs);
  const counted = hot.filter((answer) => answer.counted).length;
  const inTime = times.filter((ms) => ms <= inTimeMs).length;
  const slower = Math.max(...meanwhileMs) - Math.max(...restMs);
  return [
    all(`${name}of ${hot.length} people on one poll, counted`, counted, hot.length),
    all(`${name}answered within ${inTimeMs / 1000} s`, inTime, hot.length, `answered in ${spread(times)}`),
    {
      figure: `${name}votes on other polls meanwhile, beside rest`,
      measured: `${ratio(median(meanwhileMs), median(restMs))} (${spread(meanwhileMs)} ÷ ${spread(restMs)})`,
      demanded: `longest at most ${mostDelayMs} ms more`,
      holds: slower <= mostDelayMs,
    },
  ];
}

function all(figure: string, value: number, of: number, detail?: string): BenchRow {
  return {
    figure,
    measured: `${value}${detail === undefined ? '' : ` (${detail})`}`,
    demanded: String(of),
    holds: value === of,
  };
}

function spread(values: readonly number[]): string {
  return `${median(values)}, ${quantile(values, 0.95)}, ${Math.max(...values)} ms`;
}

function ratio(value: number, beside: number): string {
  return `${(value / beside).toFixed(2)} ×`;
}
