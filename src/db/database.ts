import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import type { Logger } from '../log.ts';
import { ConnectionLost } from './database-fault.ts';
import { bootPglite, embeddedDialect } from './embedded.ts';
import { guardFreeSpace } from './free-space.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { ServerPools } from './pool.ts';
import type { Db, Schema } from './schema.ts';

export interface Database {
  /**
   * For what people wait for. Each of the following statements is repeated while the server is away, for some seconds, and
   * so is `inTransaction`; see `timings`. On the embedded database all four are the same.
   */
  readonly db: Db;
  /** For what the bot does by itself: over connections of its own, so that people never wait behind it, nor it behind them. */
  readonly workDb: Db;
  /** For migrations and purges, whose statements may take minutes. */
  readonly longDb: Db;
  /** For asking whether the database is there: one try, two seconds. */
  readonly probeDb: Db;
  readonly kind: 'postgres' | 'pglite';
  /** No other process can be using this database, so whatever a previous one left unfinished is free to take. */
  readonly soleOwner: boolean;
  close(): Promise<void>;
}

export interface DatabaseConfig {
  /** A PostgreSQL server; null for the embedded database. */
  readonly databaseUrl: string | null;
  /** Where the embedded database lives. */
  readonly dataDir: string;
}

/** The database cannot be used at all; the message is for whoever starts the process and holds no password. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/**
 * Opens the configured database and proves that it answers. Migrations are the caller's next step.
 * Throws `DatabaseUnavailable`, or `DirectoryInUse` where another process owns the embedded database.
 */
export async function openDatabase(config: DatabaseConfig, log: Logger): Promise<Database> {
  return config.databaseUrl === null
    ? await openEmbedded(config.dataDir)
    : await openServer(config.databaseUrl, log);
}

async function openServer(databaseUrl: string, log: Logger): Promise<Database> {
  const pools = new ServerPools(databaseUrl, log);
  const over = (use: Parameters<ServerPools['dialect']>[0]) =>
    new Kysely<Schema>({ dialect: pools.dialect(use) });
  const probeDb = over('probe');
  try {
    await sql`select 1`.execute(probeDb);
  } catch (error) {
    await pools.end();
    throw new DatabaseUnavailable(
      `Cannot use the database at ${withoutPassword(databaseUrl)} (DATABASE_URL): ${reasonOf(error)}`,
      { cause: error },
    );
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

async function openEmbedded(dataDir: string): Promise<Database> {
  await makeDirectory(dataDir);
  const lock = await acquireOwnerLock(dataDir);
  try {
    // A full disk would make the very boot spin, hence the check before it.
    const guard = guardFreeSpace(dataDir);
    await guard.check();
    const pglite = await bootPglite({ directory: join(dataDir, 'database') });
    const db = new Kysely<Schema>({ dialect: embeddedDialect(guard.wrap(pglite)) });
    return {
      db,
      workDb: db,
      longDb: db,
      probeDb: db,
      kind: 'pglite',
      soleOwner: true,
      close: async () => {
        try {
          await db.destroy();
          if (!pglite.closed) await pglite.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function makeDirectory(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (error) {
    throw new DatabaseUnavailable(`Cannot create ${dataDir} (DATA_DIR): ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function withoutPassword(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return '(not a URL)';
  const { hostname, port, pathname } = new URL(databaseUrl);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}

/** A connection tried at several addresses fails with an `AggregateError`, whose own message is empty. */
function reasonOf(error: unknown): string {
  if (error instanceof ConnectionLost && error.cause) return reasonOf(error.cause);
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
