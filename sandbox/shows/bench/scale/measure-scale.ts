import type { Db } from '../../../../src/db/schema.ts';
import { median } from '../measure/statistics.ts';
import type { ScaleAction } from './scale-actions.ts';
import type { SeedSize } from './seed-polls.ts';

export interface Seeded {
  readonly db: Db;
  readonly size: SeedSize;
}

/** Medians in ms, measured in alternation in the same minute. */
export interface ScaleTimes {
  readonly name: string;
  readonly demanded: boolean;
  readonly smallMs: number;
  readonly largeMs: number;
}

/** A slow action is repeated less often, because it needs no fine measure. */
const longestMs = 6000;
const warmUps = 3;

/** Times an action on both databases in alternation, so that whatever else the machine does affects both. */
export async function measureScale(
  action: ScaleAction,
  small: Seeded,
  large: Seeded,
  turns: number,
): Promise<ScaleTimes> {
  const runs = await Promise.all(
    [small, large].map(async ({ db, size }) => ({
      run: await action.prepare(db, size),
      times: [] as number[],
    })),
  );
  const begun = performance.now();
  for (let turn = 0; turn < turns + warmUps; turn += 1) {
    if (turn > 2 * warmUps && performance.now() - begun > longestMs) break;
    for (const { run, times } of runs) {
      const from = performance.now();
      await run(turn);
      times.push(performance.now() - from);
    }
  }
  const [smallMs, largeMs] = runs.map(({ times }) => median(times.slice(warmUps)));
  return { name: action.name, demanded: action.demanded, smallMs: smallMs!, largeMs: largeMs! };
}
