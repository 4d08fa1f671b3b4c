import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BotProcess } from '../../../sandbox/machine/bot-process.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { startScene } from '../../support/bot-scene.ts';
import { unpackMigrated } from '../../support/pglite-databases.ts';
import { refusedStart } from '../support/refused-start.ts';

let sandbox: Sandbox;
let directory: string;
beforeAll(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  directory = await mkdtemp(join(tmpdir(), 'gavel-embedded-'));
  // The image is made once, before many want it at the same time.
  await unpackMigrated(join(directory, 'first'));
});
afterAll(async () => {
  await sandbox?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

const env = (dataDir: string) => ({
  DISCORD_TOKEN: sandbox.token,
  DISCORD_API_URL: sandbox.apiUrl,
  DATA_DIR: dataDir,
});

const damages: Record<string, (database: string) => Promise<void>> = {
  'has lost its version': (database) => rm(join(database, 'PG_VERSION')),
  'has lost its control file': (database) => rm(join(database, 'global/pg_control')),
  'has an empty control file': (database) => truncate(join(database, 'global/pg_control'), 0),
  'has another control file': (database) =>
    writeFile(join(database, 'global/pg_control'), Buffer.alloc(8192, 7)),
  'has lost its log': (database) => rm(join(database, 'pg_wal'), { recursive: true }),
  'has empty tables': async (database) => {
    for (const name of await readdir(join(database, 'base/5'))) {
      if (/^\d+$/.test(name)) await truncate(join(database, 'base/5', name), 0);
    }
  },
  'was half copied': (database) => rm(join(database, 'base'), { recursive: true }),
  'is of another version': (database) => writeFile(join(database, 'PG_VERSION'), '12\n'),
  'is no database': async (database) => {
    await rm(database, { recursive: true });
    await mkdir(database);
    await writeFile(join(database, 'notes.txt'), 'hello');
  },
  'is a file': async (database) => {
    await rm(database, { recursive: true });
    await writeFile(database, 'hello');
  },
};

describe.concurrent('a directory that cannot be used is named with what to do', { timeout: 240_000 }, () => {
  test.for(Object.keys(damages))('where the database in it %s', async (name, { expect }) => {
    const dataDir = await mkdtemp(join(directory, 'damaged-'));
    const database = join(dataDir, 'database');
    await unpackMigrated(database);
    await damages[name]!(database);
    const said = await refusedStart(env(dataDir));
    expect(said).toContain(`${dataDir} (DATA_DIR)`);
    expect(said).toMatch(/Put a backup of .* in its place, or move it away/);
  });

  test('where it is a file, or leads nowhere', async ({ expect }) => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    const link = join(directory, 'link');
    await symlink(join(directory, 'gone'), link);
    const dataDirs = [file, join(file, 'data'), link, join(link, 'data'), '/proc/self/gavel'];
    const said = await Promise.all(dataDirs.map((dataDir) => refusedStart(env(dataDir))));
    for (const [index, dataDir] of dataDirs.entries()) {
      expect(said[index]).toContain(`Cannot keep the embedded database in ${dataDir} (DATA_DIR)`);
      expect(said[index]).toContain('Name a directory that the user who runs Gavel may write to');
    }
  });

  // Making a small disk takes root, and a container that lets it.
  test.runIf(canMount())('where the disk is full', async ({ expect }) => {
    const disk = await mkdtemp(join(directory, 'disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'none', disk]);
    try {
      expect(await refusedStart(env(join(disk, 'data')))).toMatch(/Only 3\d MiB are free .* Free some space/);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

test('a first start that was killed at any moment while it made the database can start again', {
  timeout: 300_000,
}, async () => {
  for (const killedAt of ['database.new', 'database.new/base/4', 'database']) {
    const dataDir = await mkdtemp(join(directory, 'killed-'));
    const first = new BotProcess(env(dataDir), directory);
    await reached(join(dataDir, killedAt), first);
    await first.kill('SIGKILL');
    const second = new BotProcess(env(dataDir), directory);
    await second.untilReady();
    expect(await second.kill('SIGTERM')).toBe(0);
    expect((await readdir(dataDir)).sort()).toEqual(['database', 'owner.lock']);
  }
});

test('an empty directory in the place of the database is filled', async () => {
  const dataDir = await mkdtemp(join(directory, 'empty-'));
  await mkdir(join(dataDir, 'database'));
  const bot = new BotProcess(env(dataDir), directory);
  await bot.untilReady();
  expect(await bot.kill('SIGTERM')).toBe(0);
});

test('the directory and all that is written in it is its owner’s alone, also where it was open before', async () => {
  const before = process.umask(0);
  await using scene = await startScene({ channels: 1 });
  process.umask(before);
  const dataDir = scene.env.DATA_DIR!;
  await scene.createPolls(3);
  expect(await openToOthers(dataDir)).toEqual([]);
  await scene.bot.kill('SIGKILL');
  await chmod(dataDir, 0o755);
  await chmod(join(dataDir, 'database/base'), 0o777);
  await chmod(join(dataDir, 'database/PG_VERSION'), 0o666);
  await scene.start();
  await scene.createPolls(3);
  expect(await openToOthers(dataDir)).toEqual([]);
});

function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'gavel-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function openToOthers(path: string): Promise<string[]> {
  const names = await readdir(path, { recursive: true });
  const open: string[] = [];
  for (const one of [path, ...names.map((name) => join(path, name))]) {
    if (((await stat(one)).mode & 0o077) !== 0) open.push(one);
  }
  return open;
}

/** Looks as often as it can, as the moments are short and nothing tells of them; at the latest until the bot is ready. */
async function reached(path: string, bot: BotProcess): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  bot.untilReady().then(end, end);
  while (!existsSync(path) && !over) await new Promise((resolve) => setTimeout(resolve, 1));
}
