import { readdir } from 'node:fs/promises';
import { sql } from 'kysely';
import { type Clock, systemClock } from '../base/clock.ts';
import { CannotStart, inShort } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Db } from './schema.ts';

const migrationsDirectory = new URL('../../migrations/', import.meta.url);

/** Any number that no other program takes. All processes on a database use the same. */
export const lockKey = 3853314791062309107n;
const lookAgainMs = 500;

interface Migration {
  readonly name: string;
  up(db: Db): Promise<void>;
}

export interface MigrateOptions {
  readonly directory?: URL;
  readonly clock?: Clock;
  /** Ends the waiting for another process. */
  readonly stopping?: AbortSignal;
}

/**
 * Brings the database to the newest migration, in one transaction: all of it or nothing. Safe if several processes
 * start at once: one has the lock, the others wait as long as it takes and then find nothing left to do.
 *
 * The lock belongs to the transaction and is asked for without waiting (`pg_try_advisory_xact_lock`). The settings
 * belong to it too. So no time limit of ours or of the server's ends the waiting. And behind a pooler that lends a
 * connection for one transaction, nothing is left on it
 * (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
 *
 * Throws `CannotStart` if the database holds a migration that this program does not know, may not be changed, or
 * belongs to another program.
 */
export async function migrateToLatest(db: Db, log: Logger, options: MigrateOptions = {}): Promise<void> {
  const { directory = migrationsDirectory, clock = systemClock, stopping } = options;
  const migrations = await loadMigrations(directory);
  const pending = await pendingIn(db, migrations);
  if (pending.length > 0) {
    let waited = false;
    while (!(await migrateIfFree(db, migrations, log))) {
      stopping?.throwIfAborted();
      if (!waited) log.info('another process is bringing the database up to date; waiting for it');
      waited = true;
      await clock.sleep(lookAgainMs, stopping);
    }
  }
  await noteMissingIndex(db, log);
}

/** Returns false if another process has the lock. */
async function migrateIfFree(db: Db, migrations: readonly Migration[], log: Logger): Promise<boolean> {
  const applied = await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ locked: boolean; user: string }>`
      select pg_try_advisory_xact_lock(${sql.lit(lockKey)}) as locked, current_user as user`.execute(
      transaction,
    );
    const { locked, user } = rows[0]!;
    if (!locked) return null;
    // An index over a million polls takes longer than any other statement may.
    await sql`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
      set_config('idle_in_transaction_session_timeout', '0', true)`.execute(transaction);
    const pending = await pendingIn(transaction, migrations);
    for (const migration of pending) await apply(transaction, migration, user);
    return pending;
  });
  for (const { name } of applied ?? []) log.info({ migration: name }, 'migration applied');
  return applied !== null;
}

/** The table is that of Kysely's own migrator, which was used before. */
async function apply(transaction: Db, { name, up }: Migration, user: string): Promise<void> {
  try {
    await sql`create table if not exists kysely_migration (
      name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(transaction);
    await up(transaction);
    await sql`insert into kysely_migration (name, timestamp)
      values (${name}, ${new Date().toISOString()})`.execute(transaction);
  } catch (error) {
    throw refused(error, user) ?? error;
  }
}

/**
 * The migrations that the database does not have yet, in their order. Throws `CannotStart` if it has one that this
 * program does not know.
 */
async function pendingIn(db: Db, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const exists = await sql<{ found: boolean }>`
    select to_regclass('kysely_migration') is not null as found`.execute(db);
  if (exists.rows[0]?.found !== true) return migrations;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const applied = rows.map(({ name }) => name);
  const unknown = applied.filter((name) => !migrations.some((one) => one.name === name));
  if (unknown.length === 0) return migrations.filter(({ name }) => !applied.includes(name));
  throw new CannotStart(
    `The database was used by a newer version of this program (it has ${unknown.join(', ')}), or by another program. ` +
      'Start that version or a later one, restore a backup from before the upgrade, or give Gavel a database of its own. ' +
      'Nothing was changed.',
  );
}

/**
 * The failure in words, if the operator can mend it; null for a bug of ours. Codes:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function refused(error: unknown, user: string): CannotStart | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const because = (what: string, next: string) =>
    new CannotStart(`${what}: ${inShort(error)}. ${next} Nothing was changed.`, { cause: error });
  const quoted = `"${user.replaceAll('"', '""')}"`;
  switch (code) {
    case '42501': // insufficient_privilege
      return because(
        `The user ${user} of DATABASE_URL may not create tables`,
        'Since PostgreSQL 15 a database lets its owner only. As the owner, in that database, run: ' +
          `grant create on schema public to ${quoted};`,
      );
    case '3F000': // invalid_schema_name
      return because(
        `The user ${user} of DATABASE_URL has no schema to create tables in`,
        `As the owner, in that database, run: create schema if not exists public; grant all on schema public to ${quoted};`,
      );
    case '42P07': // duplicate_table
    case '42710': // duplicate_object
    case '42723': // duplicate_function
      return because(
        'The database already holds what another program made',
        'Give Gavel a database of its own in DATABASE_URL.',
      );
    default:
      return null;
  }
}

/** Numbered files, in the order of their names. */
async function loadMigrations(directory: URL): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}-[a-z0-9-]+\.ts$/.test(file)).sort();
  return await Promise.all(
    files.map(async (file) => {
      const { up }: Pick<Migration, 'up'> = await import(new URL(file, directory).href);
      return { name: file.slice(0, -'.ts'.length), up };
    }),
  );
}

/** Logs the one thing that migrations leave out if the database does not let them. */
async function noteMissingIndex(db: Db, log: Logger): Promise<void> {
  const { rows } = await sql<{ missing: boolean }>`
    select to_regclass('polls') is not null and to_regclass('polls_question') is null as missing`.execute(db);
  if (!rows[0]?.missing) return;
  log.warn(
    'text filters are slow in this database: its owner has to create two extensions and an index, see “The database” in the README',
  );
}
