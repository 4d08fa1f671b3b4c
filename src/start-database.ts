import { type Clock, systemClock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import { type PatienceParts, patiently } from './base/patience.ts';
import { logHasMore, type StartSteps } from './base/start-steps.ts';
import { voidLeases } from './bulk/lifecycle/lease.ts';
import { type Database, type DatabaseConfig, openDatabase } from './db/database.ts';
import { DatabaseClock } from './db/database-clock.ts';
import { databaseHiccup, databaseRefusal } from './db/database-problem.ts';
import { migrateToLatest } from './db/migrate.ts';
import { clearClaims } from './delivery/sending/claim-store.ts';

/**
 * The steps of a start up to a working database and the clock that decides: the database's own, unless one is given.
 * `started` gets what must be undone.
 */
export async function startDatabase(
  config: DatabaseConfig,
  log: Logger,
  parts: { readonly steps: StartSteps; readonly stopping: AbortSignal; readonly clock?: Clock | undefined },
  started: AsyncDisposableStack,
): Promise<{ database: Database; clock: Clock }> {
  const { steps, stopping } = parts;
  const patience = { clock: parts.clock ?? systemClock, log, stopping };
  const database = await steps.run(
    {
      does: null,
      cannot: `Cannot open the database (${config.databaseUrl === null ? 'DATA_DIR' : 'DATABASE_URL'})`,
      next: logHasMore,
    },
    () => openDatabase(config, log, patience),
  );
  started.defer(() => database.close());
  const clock = new DatabaseClock(database.probeDb, log);
  await steps.run(
    {
      does: 'bringing the database up to date',
      cannot: 'Cannot bring the database up to date',
      next: 'If the files in DATA_DIR are damaged, put a backup in their place. With LOG_LEVEL=debug the log says more.',
    },
    async () => {
      try {
        await bringUpToDate(database, log, patience);
        if (parts.clock !== undefined) return;
        started.defer(() => clock.stop());
        // Nothing is decided by the time of a machine that may be wrong.
        await patiently('asking the database for its time', () => clock.start(), databaseHiccup, patience);
      } catch (error) {
        if (database.kind !== 'postgres') throw error;
        throw databaseRefusal('Cannot bring the database up to date', error);
      }
    },
  );
  return { database, clock: parts.clock ?? clock };
}

/** Applies the migrations. Frees what a previous owner left that is certainly dead. */
async function bringUpToDate(
  { workDb, longDb, soleOwner }: Database,
  log: Logger,
  patience: PatienceParts,
): Promise<void> {
  const doing = 'bringing the database up to date';
  await patiently(doing, () => migrateToLatest(longDb, log, patience), databaseHiccup, patience);
  if (!soleOwner) return;
  await voidLeases(workDb);
  await clearClaims(workDb);
}
