import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PGlite } from '@electric-sql/pglite';
import { Kysely, type PGlite as PgliteLike } from 'kysely';
import { createLogger } from '../../src/base/log.ts';
import { bootPglite, embeddedDialect } from '../../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import type { Db, Schema } from '../../src/db/schema.ts';
import { emptyAllTables } from './empty-all-tables.ts';

const projectRoot = new URL('../../', import.meta.url);

/** Booting takes seconds, so the tests of a worker share one instance; modules are loaded anew for each file. */
const shared: { gavelTestPglite?: Promise<PGlite> } = globalThis as never;

/** The worker's embedded database, migrated and emptied. `retire` cuts off what a finished test left running on it. */
export async function freshPglite(): Promise<{ db: Db; pglite: PgliteLike; retire: () => void }> {
  shared.gavelTestPglite ??= bootMigrated();
  const pglite = await shared.gavelTestPglite;
  await pglite.exec(emptyAllTables);
  let retired = false;
  const onlyWhileCurrent = () => {
    if (retired)
      throw new Error('This database belonged to a test that is over: something was left running.');
  };
  const lent: PgliteLike = {
    query: async (query, params, options) => {
      onlyWhileCurrent();
      return await pglite.query(query, params, options);
    },
    transaction: async (callback) => {
      onlyWhileCurrent();
      return await pglite.transaction(callback);
    },
    // Whoever borrows it may close it, as they would their own.
    close: async () => {
      retired = true;
    },
    get closed() {
      return retired;
    },
    ready: true,
    waitReady: pglite.waitReady,
  };
  return {
    db: new Kysely<Schema>({ dialect: embeddedDialect(lent) }),
    pglite: lent,
    retire: () => {
      retired = true;
    },
  };
}

/** Makes `directory` the data directory of a migrated, empty embedded database, for a process to open. */
export async function unpackMigrated(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const image = fileURLToPath(await migratedImage());
  await promisify(execFile)('tar', ['-xf', image, '-C', directory]);
}

/**
 * A migrated image is kept beside the installed packages, since loading it takes a tenth of creating it. Its name
 * depends on all that went into it, so a changed migration makes another.
 */
async function migratedImage(): Promise<URL> {
  const image = await imageFile();
  if (!existsSync(image)) await makeImage(image);
  return image;
}

async function bootMigrated(): Promise<PGlite> {
  return await bootPglite({ image: new Blob([await readFile(await migratedImage())]) });
}

async function imageFile(): Promise<URL> {
  const hash = createHash('sha256').update(await readFile(new URL('package-lock.json', projectRoot)));
  for (const file of (await readdir(new URL('migrations/', projectRoot))).sort()) {
    hash.update(file).update(await readFile(new URL(`migrations/${file}`, projectRoot)));
  }
  const name = `gavel-test-database-${hash.digest('hex').slice(0, 16)}.tar`;
  return new URL(`node_modules/.cache/${name}`, projectRoot);
}

async function makeImage(image: URL): Promise<void> {
  const pglite = await bootPglite();
  await migrateToLatest(new Kysely<Schema>({ dialect: embeddedDialect(pglite) }), createLogger('silent'));
  const dump = await pglite.dumpDataDir('none');
  await pglite.close();
  await mkdir(new URL('.', image), { recursive: true });
  // Renamed into place, so that another worker never reads half of it.
  const unfinished = new URL(`${image.href}.${process.pid}`);
  await writeFile(unfinished, Buffer.from(await dump.arrayBuffer()));
  await rename(unfinished, image);
}
