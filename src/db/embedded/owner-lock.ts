import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CannotStart } from '../../base/errors.ts';

/**
 * How long a start waits, in ms, for another one that is just ending or that reached for the lock at the same
 * instant.
 */
const patienceMs = 500;

/** Another living process owns the directory. The message says which, and what to do. */
export class DirectoryInUse extends CannotStart {
  override readonly name = 'DirectoryInUse';
}

export interface OwnerLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only owner of `directory` until it releases the lock or dies, however it dies.
 *
 * The lock is the operating system's own: an exclusive SQLite transaction on an empty file, which is `fcntl` on Linux
 * and macOS and `LockFileEx` on Windows (https://sqlite.org/lockingv3.html). Node itself offers neither. The kernel
 * drops the lock with the process, so it is never stale. A file with a pid would be fooled by a pid that is used
 * again, or by containers that share a volume but not their pids. If two starts come at the same instant, the kernel
 * decides. The pid beside the lock is for the message alone and is never believed.
 *
 * Throws `DirectoryInUse`.
 */
export async function acquireOwnerLock(directory: string): Promise<OwnerLock> {
  const pidFile = join(directory, 'owner.pid');
  const lockFile = join(directory, 'owner.lock');
  await writeFile(lockFile, '', { flag: 'a', mode: 0o600 });
  const file = new DatabaseSync(lockFile, { timeout: patienceMs });
  try {
    file.exec('begin exclusive');
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    throw new DirectoryInUse(
      `${directory} is in use by another running process${await ownerOf(pidFile)}. The embedded database has one ` +
        'owner: stop that process first, or set DATABASE_URL to a PostgreSQL server, which several processes can share.',
      { cause: error },
    );
  }
  try {
    await writeFile(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    file.close();
    throw error;
  }
  // The process holds the file, not the caller: a file that is garbage-collected lets go of its lock.
  const held = () => file.close();
  process.once('exit', held);
  return {
    release: async () => {
      if (!file.isOpen) return;
      process.off('exit', held);
      // The pid is removed first: once the lock is free, the file may already be the next owner's.
      await rm(pidFile, { force: true });
      file.close();
    },
  };
}

/** SQLITE_BUSY, https://sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

async function ownerOf(pidFile: string): Promise<string> {
  try {
    const pid = (await readFile(pidFile, 'utf8')).trim();
    return pid === '' ? '' : ` (pid ${pid})`;
  } catch (error) {
    // The owner has not written it yet, or is just removing it. The message does without.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
