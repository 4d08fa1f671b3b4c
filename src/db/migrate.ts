import { readdir } from 'node:fs/promises';
import { sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { Logger } from '../log.ts';
import type { Db } from './schema.ts';

const migrationsDirectory = new URL('../../migrations/', import.meta.url);

/** The database was written by a later version of the program; going on could damage what that version relies on. */
export class DatabaseTooNew extends Error {
  override readonly name = 'DatabaseTooNew';
}

/**
 * Brings the database to the newest migration, all of it in one transaction or nothing. Safe when several
 * processes start at once: Kysely holds an advisory lock, the others wait and find nothing left to do.
 * Throws `DatabaseTooNew` when the database holds a migration that this program does not know.
 */
export async function migrateToLatest(
  db: Db,
  log: Logger,
  directory: URL = migrationsDirectory,
): Promise<void> {
  const migrations = await loadMigrations(directory);
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const migrator = new Migrator({ db, provider });
  const { error, results } = await migrator.migrateToLatest();
  for (const result of results ?? []) {
    if (result.status === 'Success') log.info({ migration: result.migrationName }, 'migration applied');
  }
  if (error !== undefined) {
    await refuseNewer(db, migrations);
    throw error;
  }
  await noteMissingIndex(db, log);
}

/** The one thing that migrations do without where the database does not let them. */
async function noteMissingIndex(db: Db, log: Logger): Promise<void> {
  const { rows } = await sql<{ missing: boolean }>`
    select to_regclass('polls') is not null and to_regclass('polls_question') is null as missing`.execute(db);
  if (!rows[0]?.missing) return;
  log.warn(
    'text filters are slow in this database: its owner has to create two extensions and an index, see “The database” in the README',
  );
}

/** Numbered files, in the order of their names. */
async function loadMigrations(directory: URL): Promise<Record<string, Migration>> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}-[a-z0-9-]+\.ts$/.test(file)).sort();
  const migrations: Record<string, Migration> = {};
  for (const file of files) {
    const module: { up: Migration['up'] } = await import(new URL(file, directory).href);
    migrations[file.slice(0, -'.ts'.length)] = { up: module.up };
  }
  return migrations;
}

/** The migrator refuses an unknown migration as corrupt; to whoever starts the program it means something simpler. */
async function refuseNewer(db: Db, known: Record<string, Migration>): Promise<void> {
  const exists = await sql<{ found: boolean }>`
    select to_regclass('kysely_migration') is not null as found`.execute(db);
  if (exists.rows[0]?.found !== true) return;
  const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = applied.rows.map((row) => row.name).filter((name) => !(name in known));
  if (unknown.length === 0) return;
  throw new DatabaseTooNew(
    `The database was used by a newer version of this program (it has ${unknown.join(', ')}). ` +
      'Start that version or a later one, or restore a backup from before the upgrade. Nothing was changed.',
  );
}
