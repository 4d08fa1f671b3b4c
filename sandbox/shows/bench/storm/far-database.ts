import { DatabaseProxy } from '../../../machine/database-faults/database-proxy.ts';
import type { BenchDatabase } from '../measure/bench-database.ts';

/** A database for one bot that can be moved away while the bot runs. */
export interface FarDatabase {
  readonly env: Readonly<Record<string, string>>;
  /** The round trips to it that can be measured, in milliseconds; null: it is part of the bot's process. */
  readonly roundTripsMs: readonly number[] | null;
  /** Each answer takes this much longer from now on. */
  moveAway(roundTripMs: number): void;
  close(): Promise<void>;
}

/** A new database of this kind. One on a server is behind a network of its own. */
export async function farDatabase(database: BenchDatabase): Promise<FarDatabase> {
  const env = await database.env();
  if (env.DATABASE_URL === undefined)
    return { env, roundTripsMs: null, moveAway: () => {}, close: async () => {} };
  const proxy = await DatabaseProxy.start(env.DATABASE_URL);
  return {
    env: { ...env, DATABASE_URL: proxy.url },
    roundTripsMs: [0, 5, 20],
    moveAway: (roundTripMs) => proxy.delay(roundTripMs),
    close: () => proxy.close(),
  };
}
