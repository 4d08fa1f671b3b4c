import { existsSync } from 'node:fs';
import { access, constants, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { CannotStart, inShort } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { embeddedDirectory } from './database-place.ts';
import { bootPglite } from './embedded.ts';
import { otherUse } from './other-use.ts';
import { makeOwnerOnly } from './owner-only.ts';

/** What Gavel keeps in the directory. */
const ours = ['database', 'database.new', 'owner.lock', 'owner.pid'];

/** Makes sure that the directory exists and may be Gavel's alone. Throws `CannotStart`. */
export async function prepareDataDirectory(dataDir: string): Promise<void> {
  try {
    await makeDirectory(resolve(dataDir));
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CannotStart(
      `Cannot keep the embedded database in ${dataDir} (DATA_DIR): ${inShort(error)}. ` +
        'Name a directory that the user who runs Gavel may write to, or set DATABASE_URL to a PostgreSQL server.',
      { cause: error },
    );
  }
  const use = await otherUse(dataDir, ours);
  if (use === null) return;
  throw new CannotStart(
    `Cannot keep the embedded database in ${dataDir} (DATA_DIR): ${use}, and it would be closed to them. ` +
      `Name one of its own, such as ${join(dataDir, 'gavel')}${
        existsSync(embeddedDirectory(dataDir)) ? `, and move ${embeddedDirectory(dataDir)} into it` : ''
      }.`,
  );
}

/** Closes the directory, which this process must own, and what Gavel keeps in it to others. */
export async function closeToOthers(dataDir: string, log: Logger): Promise<void> {
  await makeOwnerOnly(dataDir, ours, log);
}

/**
 * Makes the directory and those above it. Node's own `recursive` tries for ever if a directory can hold none, as
 * under /proc or below a link that leads nowhere (Node 24).
 */
async function makeDirectory(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeDirectory(dirname(path));
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // Another start may have made it first.
    if (!existsSync(path)) throw error;
  }
}

/**
 * Boots the database in `dataDir`, which this process must own. A new database is made beside its place, and moved
 * there when it is whole. So a start that is killed meanwhile leaves nothing that the next one would take for a
 * database.
 *
 * Throws `CannotStart` if there is one that PostgreSQL cannot open.
 */
export async function bootDirectory(dataDir: string): Promise<PGlite> {
  const directory = embeddedDirectory(dataDir);
  if (await isMissing(directory)) await makeDatabase(directory);
  try {
    // If this file is gone, PGlite would fill the directory with a new database.
    await stat(join(directory, 'PG_VERSION'));
    return await bootPglite({ directory });
  } catch (error) {
    throw new CannotStart(
      `Cannot open the embedded database in ${dataDir} (DATA_DIR), which is damaged or was only half copied: ` +
        `${inShort(error)}. Put a backup of ${dataDir} in its place, or move it away to begin with an empty one.`,
      { cause: error },
    );
  }
}

async function makeDatabase(directory: string): Promise<void> {
  const making = `${directory}.new`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { mode: 0o700 });
  const pglite = await bootPglite({ directory: making });
  await pglite.close();
  await rename(making, directory);
}

/** True for an empty directory too, such as a volume that was just mounted; it is removed. */
async function isMissing(directory: string): Promise<boolean> {
  try {
    if ((await readdir(directory)).length > 0) return false;
    await rmdir(directory);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return true;
    if (code === 'ENOTDIR') return false;
    throw error;
  }
}
