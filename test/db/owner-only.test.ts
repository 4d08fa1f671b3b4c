import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeToOthers, prepareDataDirectory } from '../../src/db/embedded-directory.ts';
import { createLogger } from '../../src/log.ts';

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

async function modeOf(path: string): Promise<number> {
  return (await stat(join(directory, path))).mode & 0o7777;
}
