import { createLogger } from '../../src/base/log.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';

/** A process that owns the embedded database of a directory, commits row after row and says each one's number. */
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('usage: embedded-owner.ts directory');

const log = createLogger('silent');
const { db } = await openDatabase({ databaseUrl: null, dataDir }, log);
await migrateToLatest(db, log);
for (let row = 1; ; row += 1) {
  await db
    .insertInto('handled_interactions')
    .values({ interaction_id: String(row), handled_at: new Date(0) })
    .execute();
  process.stdout.write(`${row}\n`);
}
