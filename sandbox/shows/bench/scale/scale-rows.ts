import type { BenchRow } from '../measure/bench-row.ts';
import type { ScaleTimes } from './measure-scale.ts';

/** The ratio that may be noise, on a machine that does other things too. */
const mostRatio = 2;
/**
 * How many ms more are allowed whatever the ratio: as much as a round trip to Discord, which every answer needs
 * besides. A text that one poll in ten has takes up to that. Among ten thousand polls there are a thousand of them to
 * count; among a million more than ten thousand, where counting ends. An action whose time grew with the polls (a
 * hundred times as many in the table, twenty times in scope) would be found.
 */
const mostAddedMs = 100;

/** A line for each action: how long it takes among a million polls, and among ten thousand. */
export function scaleRows(times: readonly ScaleTimes[]): BenchRow[] {
  return times.map(({ name, demanded, smallMs, largeMs }) => ({
    figure: `1,000,000 polls ÷ 10,000: ${name}`,
    measured: `${(largeMs / smallMs).toFixed(2)} × (${largeMs.toFixed(1)} ms ÷ ${smallMs.toFixed(1)} ms)`,
    demanded: demanded ? `≤ ${mostRatio} × or + ${mostAddedMs} ms` : '',
    holds: demanded ? largeMs <= mostRatio * smallMs || largeMs - smallMs <= mostAddedMs : null,
  }));
}
