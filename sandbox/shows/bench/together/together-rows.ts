import type { BenchRow } from '../measure/bench-row.ts';
import type { TogetherFigures } from './run-together.ts';

/** How many ms are fair: each of the few takes its turn with one of the many, at five edits in five seconds. */
const fairMs = 15_000;

export function togetherRows({ few, processes }: TogetherFigures): BenchRow[] {
  const rows: BenchRow[] = [
    {
      figure: `${few.polls} polls confirmed behind ${few.behind} in their channel: result`,
      measured: `${(few.ms / 1000).toFixed(1)} s`,
      demanded: `≤ ${fairMs / 1000} s`,
      holds: few.ms <= fairMs,
    },
  ];
  if (processes === null) return rows;
  const name = `${processes.polls} polls, three operations in two processes: `;
  const ratio = processes.ms / processes.minimumMs;
  return [
    ...rows,
    {
      figure: `${name}refusals of the global limit`,
      measured: String(processes.globalRefusals),
      demanded: '0',
      holds: processes.globalRefusals === 0,
    },
    {
      figure: `${name}refusals of a channel's limit`,
      measured: String(processes.channelRefusals),
      demanded: '',
      holds: null,
    },
    {
      figure: `${name}result ÷ minimum`,
      measured: `${ratio.toFixed(2)} × (${(processes.ms / 1000).toFixed(1)} s ÷ ${(processes.minimumMs / 1000).toFixed(1)} s)`,
      demanded: '',
      holds: null,
    },
  ];
}
