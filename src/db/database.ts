import { Kysely, sql } from 'kysely';
import { type Clock, systemClock } from '../base/clock.ts';
import { CannotStart } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { patiently } from '../base/patience.ts';
import { databaseHiccup, databaseRefusal } from './database-problem.ts';
import { type DatabaseConfig, serverName } from './embedded/database-place.ts';
import { embeddedDialect } from './embedded/embedded.ts';
import { bootDirectory, closeToOthers, prepareDataDirectory } from './embedded/embedded-directory.ts';
import { DiskFull, guardFreeSpace } from './embedded/free-space.ts';
import { acquireOwnerLock } from './embedded/owner-lock.ts';
import type { Db, Schema } from './schema.ts';
import { ServerPools } from './server/pool.ts';

export type { DatabaseConfig } from './embedded/database-place.ts';

export interface Database {
  /**
   * For what people wait for. Each of these databases repeats a statement while the server is away, for some seconds,
   * and so does `inTransaction`; see `timings`. The embedded database is never away.
   */
  readonly db: Db;
  /**
   * For what the bot does by itself. It has its own connections, or its own queue, so that people never wait behind
   * it.
   */
  readonly workDb: Db;
  /** For migrations and purges, whose statements may take minutes. */
  readonly longDb: Db;
  /** For asking whether the database is there: one try, two seconds. */
  readonly probeDb: Db;
  readonly kind: 'postgres' | 'pglite';
  /** No other process can use this database. So whatever a previous process left unfinished is free to take. */
  readonly soleOwner: boolean;
  close(): Promise<void>;
}

/**
 * Opens the configured database, and proves that it answers and can be used. The caller's next step is the
 * migrations. A server that may be starting is waited for, for seconds. Throws `CannotStart`; it is a
 * `DirectoryInUse` if another process owns the embedded database.
 */
export async function openDatabase(
  config: DatabaseConfig,
  log: Logger,
  waiting: { readonly clock?: Clock; readonly stopping?: AbortSignal } = {},
): Promise<Database> {
  if (config.databaseUrl === null) return await openEmbedded(config.dataDir, log);
  const { clock = systemClock, stopping = new AbortController().signal } = waiting;
  const { databaseUrl } = config;
  try {
    const open = () => openServer(databaseUrl, log);
    return await patiently('connecting to the database', open, databaseHiccup, { clock, log, stopping });
  } catch (error) {
    throw databaseRefusal(`Cannot use the database at ${serverName(databaseUrl)} (DATABASE_URL)`, error);
  }
}

async function openServer(databaseUrl: string, log: Logger): Promise<Database> {
  const pools = new ServerPools(databaseUrl, log);
  const over = (use: Parameters<ServerPools['dialect']>[0]) =>
    new Kysely<Schema>({ dialect: pools.dialect(use) });
  const probeDb = over('probe');
  try {
    await assertUsable(probeDb);
  } catch (error) {
    await pools.end();
    throw error;
  }
  return {
    db: over('people'),
    workDb: over('work'),
    longDb: over('long'),
    probeDb,
    kind: 'postgres',
    soleOwner: false,
    close: () => pools.end(),
  };
}

/** Checks what the tables need of a server and what nothing later would put into words. */
async function assertUsable(db: Db): Promise<void> {
  const { rows } = await sql<{ version: string; number: number; encoding: string }>`
    select current_setting('server_version') as version, current_setting('server_version_num')::integer as number,
      current_setting('server_encoding') as encoding`.execute(db);
  const { version, number, encoding } = rows[0]!;
  if (number < 130_000) throw new Error(`it is PostgreSQL ${version}, and 13 or newer is needed`);
  if (encoding !== 'UTF8') {
    throw new Error(
      `its encoding is ${encoding}, which cannot hold every text; create it with encoding 'UTF8' template template0`,
    );
  }
}

async function openEmbedded(dataDir: string, log: Logger): Promise<Database> {
  await prepareDataDirectory(dataDir);
  const lock = await acquireOwnerLock(dataDir);
  try {
    await closeToOthers(dataDir, log);
    // A full disk would make even the boot spin, so it is checked before.
    const guard = guardFreeSpace(dataDir);
    await guard.check();
    const pglite = await bootDirectory(dataDir);
    // One session with two queues, which it serves by turns. What people ask waits for one statement or transaction
    // of work, however many are queued.
    const queue = () => new Kysely<Schema>({ dialect: embeddedDialect(guard.wrap(pglite)) });
    const [db, workDb] = [queue(), queue()];
    return {
      db,
      workDb,
      longDb: workDb,
      probeDb: db,
      kind: 'pglite',
      soleOwner: true,
      close: async () => {
        try {
          await db.destroy();
          await workDb.destroy();
          if (!pglite.closed) await pglite.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    if (error instanceof DiskFull) throw new CannotStart(error.message, { cause: error });
    throw error;
  }
}
