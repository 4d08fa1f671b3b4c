import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../../src/base/log.ts';
import { type Database, openDatabase } from '../../../../src/db/database.ts';
import { migrateToLatest } from '../../../../src/db/migrate.ts';
import type { BenchDatabase } from '../measure/bench-database.ts';
import { backgroundActions } from './background-actions.ts';
import { measureScale, type ScaleTimes } from './measure-scale.ts';
import { type QueryPlan, queryPlans } from './query-plans.ts';
import { scaleActions } from './scale-actions.ts';
import { type SeedSize, seedPolls } from './seed-polls.ts';

/** Ten thousand polls, all of them of the admin's server; and a million, of which the admin may see a fifth. */
export const sizes = {
  small: { polls: 10_000, own: 10_000 },
  large: { polls: 1_000_000, own: 200_000 },
  // Enough for a median.
  turns: 25,
} as const;

export interface ScaleFigures {
  readonly times: readonly ScaleTimes[];
  readonly plans: readonly QueryPlan[];
}

/** Seeds two databases, times everything on both, and asks the large one for its plans. */
export async function runScale(
  database: BenchDatabase,
  { small, large, turns }: { readonly small: SeedSize; readonly large: SeedSize; readonly turns: number },
  say: (text: string) => void,
): Promise<ScaleFigures> {
  const opened: Opened[] = [];
  try {
    for (const size of [small, large]) {
      say(`seeding ${size.polls} polls`);
      const begun = Date.now();
      const one = await open(database);
      opened.push(one);
      await seedPolls(one.db, size, new Date());
      say(`seeded in ${Math.round((Date.now() - begun) / 1000)} s`);
    }
    const [a, b] = opened.map(({ db }, index) => ({ db, size: [small, large][index]! }));
    const times: ScaleTimes[] = [];
    // The plans come first, because what is measured afterwards changes rows.
    const plans = await queryPlans(b!.db);
    for (const action of [...scaleActions, ...backgroundActions]) {
      say(action.name);
      times.push(await measureScale(action, a!, b!, turns));
    }
    return { times, plans };
  } finally {
    for (const { close } of opened) await close();
  }
}

interface Opened {
  readonly db: Database['db'];
  close(): Promise<void>;
}

async function open(database: BenchDatabase): Promise<Opened> {
  const { DATABASE_URL: databaseUrl = null } = await database.env();
  const dataDir = mkdtempSync(join(tmpdir(), `gavel-scale-${randomUUID().slice(0, 8)}-`));
  const { db, close } = await openDatabase({ databaseUrl, dataDir }, createLogger('warn'));
  await migrateToLatest(db, createLogger('warn'));
  return {
    db,
    close: async () => {
      await close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
