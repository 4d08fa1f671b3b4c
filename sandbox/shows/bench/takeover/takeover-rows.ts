import type { BenchRow } from '../measure/bench-row.ts';
import { median, quantile } from '../measure/statistics.ts';
import type { TakeoverFigures } from './run-takeover.ts';

export function takeoverRows(figures: readonly TakeoverFigures[]): BenchRow[] {
  return figures.map(({ name, times, withinMs }) => {
    const most = quantile(times, 0.95);
    const written = [median(times), most, Math.max(...times)].map((ms) => `${(ms / 1000).toFixed(1)} s`);
    return {
      figure: `kill -9 of ${name}: next message, median, 95 % and longest of ${times.length}`,
      measured: written.join(', '),
      demanded: `95 % within ${withinMs / 1000} s`,
      holds: most <= withinMs,
    };
  });
}
