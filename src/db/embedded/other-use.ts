import { existsSync } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The mode bit of a directory that everybody may write to, such as /tmp. */
const sticky = 0o1000;

/** The mode bits by which group and others may enter. */
const entered = 0o011;

/**
 * Who else uses `directory` and would lose it once it is closed, in words such as `others use that directory too`;
 * null: nobody. `ours`: the names of what Gavel keeps there. If Gavel has kept nothing there yet, whatever else is in
 * it may be of use to others. Later only things of other users count, because an earlier start has closed the
 * directory, or would have.
 *
 * A directory that this process cannot close does not matter: it stays open.
 */
export async function otherUse(directory: string, ours: readonly string[]): Promise<string | null> {
  const path = await realpath(directory);
  const { mode, uid: owner } = await stat(path);
  if (dirname(path) === path || (mode & sticky) !== 0) return 'others use that directory too';
  const self = process.getuid?.();
  if ((mode & entered) === 0 || self === undefined || (self !== 0 && self !== owner)) return null;
  const names = await readdir(path);
  const insiders = [0, self, owner];
  for (const name of names.filter((one) => !ours.includes(one))) {
    const uid = await ownerOf(join(path, name));
    if (uid !== null && !insiders.includes(uid)) {
      return `others use that directory too (${name} belongs to another user)`;
    }
  }
  if (keepsDatabase(path)) return null;
  const other = names.find((name) => !ours.includes(name) && !incidental(name));
  return other === undefined ? null : `others may use what else is in that directory (${other})`;
}

/** A copy of a database may lack the lock, and a start that was killed may have left no database. */
function keepsDatabase(path: string): boolean {
  return existsSync(join(path, 'owner.lock')) || existsSync(join(path, 'database/PG_VERSION'));
}

/** Names that a file system, a shell or git puts into a directory that is meant for one program. */
function incidental(name: string): boolean {
  return name === 'lost+found' || name.startsWith('.');
}

/** Its owner's uid. Null: it is gone meanwhile. */
async function ownerOf(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).uid;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
