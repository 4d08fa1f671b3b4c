import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import { loadDatabaseConfig } from './base/config.ts';
import { counted } from './base/display/plural.ts';
import { takeEnvironment } from './base/environment.ts';
import { CannotStart } from './base/errors.ts';
import { createLogger } from './base/log.ts';
import { verifyChain } from './bulk/audit/audit-chain.ts';
import { type DatabaseConfig, openDatabase } from './db/database.ts';
import { embeddedDirectory } from './db/embedded/database-place.ts';
import { DirectoryInUse } from './db/embedded/owner-lock.ts';
import type { Db } from './db/schema.ts';

/** Exit code: the audit trail could not be verified. It is not 1, which says that it was verified and does not hold. */
const notVerified = 2;

await main();

/** `npm run audit:verify`. Exit code 0: the chain holds. 1: it is broken. 2: it could not be verified. */
async function main(): Promise<void> {
  try {
    const config = loadDatabaseConfig(takeEnvironment());
    refuseMissing(config);
    const database = await openDatabase(config, createLogger('warn', process.stderr));
    try {
      process.exitCode = await report(database.db);
    } finally {
      await database.close();
    }
  } catch (error) {
    console.error(inWords(error));
    process.exitCode = notVerified;
  }
}

async function report(db: Db): Promise<number> {
  const { rows: found } = await sql<{ known: boolean }>`
    select to_regprocedure('audit_hash_holds(audit)') is not null as known`.execute(db);
  if (!found[0]?.known) {
    console.error(
      'The audit trail of this database has not the form that this version reads: start the bot once (`npm start`) to bring it up to date.',
    );
    return notVerified;
  }
  const { rows, head, broken } = await verifyChain(db);
  if (broken) {
    console.log(`The audit trail is broken at row ${broken.id}: ${broken.why}. Rows in all: ${rows}.`);
    return 1;
  }
  console.log(`The audit trail holds: ${counted(rows, 'row')}, each the successor of the one before.`);
  if (head) console.log(`Last row: ${head.id}, hash ${head.hash}`);
  return 0;
}

/** Refuses an embedded database that does not exist: opening it would create it. */
function refuseMissing(config: DatabaseConfig): void {
  if (config.databaseUrl !== null || existsSync(embeddedDirectory(config.dataDir))) return;
  throw new CannotStart(`There is no database in ${config.dataDir} (DATA_DIR), and DATABASE_URL is not set.`);
}

/** The error in a sentence, if the operator can mend it. Everything else is a bug and keeps its stack. */
function inWords(error: unknown): unknown {
  if (error instanceof DirectoryInUse) {
    return `${error.message}\nWhile the bot runs, \`/bulk audit\` in Discord verifies the chain as well.`;
  }
  return error instanceof CannotStart ? error.message : error;
}
