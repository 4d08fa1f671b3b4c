import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLogger } from '../../../src/base/log.ts';
import { closeToOthers, prepareDataDirectory } from '../../../src/db/embedded/embedded-directory.ts';

const log = createLogger('silent');
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gavel-test-owner-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('closes the directory and what Gavel keeps in it', async () => {
  await mkdir(join(directory, 'database/base'), { recursive: true });
  await writeFile(join(directory, 'database/base/1'), '');
  await writeFile(join(directory, 'owner.lock'), '');
  const all = ['.', 'database', 'database/base', 'database/base/1', 'owner.lock'];
  await Promise.all(all.map((path) => chmod(join(directory, path), 0o777)));
  await closeToOthers(directory, log);
  for (const path of all) expect(await modeOf(path)).toBe(0o700);
});

test('leaves the modes of what else is in the directory, which nobody else may enter any more', async () => {
  await mkdir(join(directory, 'site'));
  await writeFile(join(directory, 'site/run.sh'), '');
  await chmod(join(directory, 'site/run.sh'), 0o755);
  await chmod(directory, 0o755);
  await closeToOthers(directory, log);
  expect(await modeOf('.')).toBe(0o700);
  expect(await modeOf('site/run.sh')).toBe(0o755);
});

test('a directory that everybody uses is refused and stays as it is', async () => {
  await chmod(directory, 0o1777);
  await expect(prepareDataDirectory(directory)).rejects.toThrow(
    `(DATA_DIR): others use that directory too, and it would be closed to them. Name one of its own, such as ${directory}/gavel.`,
  );
  await expect(prepareDataDirectory('/')).rejects.toThrow('others use that directory too');
  expect(await modeOf('.')).toBe(0o1777);
});

test('a directory that others may enter, with other things in it, is refused before Gavel keeps anything there', async () => {
  await writeFile(join(directory, 'notes.txt'), '');
  await mkdir(join(directory, 'database'));
  await chmod(directory, 0o711);
  await expect(prepareDataDirectory(directory)).rejects.toThrow(
    `(DATA_DIR): others may use what else is in that directory (notes.txt), and it would be closed to them. Name one of its own, such as ${directory}/gavel`,
  );
  expect(await modeOf('.')).toBe(0o711);
  await prepareDataDirectory(join(directory, 'gavel'));
  expect(await modeOf('gavel')).toBe(0o700);
});

test.for([
  ['that nobody else may enter', ['notes.txt'], 0o744],
  ['that is empty', [], 0o755],
  ['with what file systems, shells and git put there', ['lost+found', '.bashrc', '.gitkeep'], 0o755],
  ['where Gavel was before', ['notes.txt', 'owner.lock', 'owner.pid'], 0o755],
  ['with a copy of a database', ['notes.txt', 'database/PG_VERSION'], 0o755],
] as const)('a directory %s is taken', async ([, names, mode]) => {
  await mkdir(join(directory, 'database'));
  for (const name of names) await writeFile(join(directory, name), '');
  await chmod(directory, mode);
  await prepareDataDirectory(directory);
});

// Only root may give things to others.
describe.runIf(process.getuid?.() === 0)('where several users share a machine', () => {
  beforeEach(async () => {
    await mkdir(join(directory, 'neighbour'));
    await chown(join(directory, 'neighbour'), 1000, 1000);
    await chmod(directory, 0o755);
  });

  test('a directory with things of another one is refused, also where the database is in it already', async () => {
    const shared = '(DATA_DIR): others use that directory too (neighbour belongs to another user)';
    await expect(prepareDataDirectory(directory)).rejects.toThrow(shared);
    await mkdir(join(directory, 'database'));
    await writeFile(join(directory, 'database/PG_VERSION'), '18');
    await expect(prepareDataDirectory(directory)).rejects.toThrow(
      new RegExp(`such as ${directory}/gavel, and move ${directory}/database into it\\.$`),
    );
    expect(await modeOf('.')).toBe(0o755);
  });

  test('a directory of that very one is taken where Gavel was before', async () => {
    await chown(directory, 1000, 1000);
    await writeFile(join(directory, 'owner.lock'), '');
    await prepareDataDirectory(directory);
  });

  test('a database that belongs to another one is Gavel’s all the same', async () => {
    await rm(join(directory, 'neighbour'), { recursive: true });
    await mkdir(join(directory, 'database'));
    await writeFile(join(directory, 'database/PG_VERSION'), '18');
    await chown(join(directory, 'database'), 1000, 1000);
    await prepareDataDirectory(directory);
  });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(join(directory, path))).mode & 0o7777;
}
