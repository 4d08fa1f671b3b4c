import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { endGroup, endWithUs } from '../../../sandbox/machine/end-with-us.ts';
import { type Owner, serverOwner } from '../../../sandbox/machine/postgres-binaries.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));
/** A fresh installation is most of it. */
const timeout = 600_000;

const homes: string[] = [];
const shells: ChildProcess[] = [];
afterEach(() => {
  for (const shell of shells.splice(0)) endGroup(shell, 'SIGKILL');
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

const readers: [string, Owner][] = [['whoever runs the tests', {}]];
if (process.getuid?.() === 0) readers.push(['an ordinary user', serverOwner()]);

test.for(readers)(
  'the README’s steps lead %s to a bot and to tests, in a folder that nobody else may enter',
  {
    timeout,
  },
  async ([, reader]) => {
    const steps = await commandsOf('## Run it');
    expect(steps).toEqual(['cp .env.example .env', 'npm ci && npm start']);
    const [, tests] =
      /^(npm ci && npm test)\b/m.exec(await readFile(join(checkout, 'README.md'), 'utf8')) ?? [];
    const sandbox = await startSandbox({ limits: 'off' });
    sandbox.addGuild();
    try {
      const { folder, run } = await freshCopy(reader);
      await run(steps[0]!).ended;
      const env = join(folder, '.env');
      const filledIn = (await readFile(env, 'utf8'))
        .replace(/^DISCORD_TOKEN=$/m, `DISCORD_TOKEN=${sandbox.token}`)
        .replace(/^DISCORD_API_URL=.*$/m, `DISCORD_API_URL=${sandbox.apiUrl}`);
      await writeFile(env, filledIn);
      const started = run(steps[1]!);
      await started.says(/Gavel \S+ is ready as .* in 1 server; invite: https:/);
      started.end('SIGTERM');
      expect(await started.ended).toContain('Gavel has stopped');
      // Installed already; and one small file stands for all.
      const tested = run(`${tests!.replace('npm ci && ', '')} -- test/base/log.test.ts`);
      expect(await tested.ended).toMatch(/Tests .*\d+ passed/);
    } finally {
      await sandbox.close();
    }
  },
);

/**
 * What a section of the README tells the reader to type: code that begins with a program. Examples with a pipe do not
 * count.
 */
async function commandsOf(heading: string): Promise<string[]> {
  const [, section] = (await readFile(join(checkout, 'README.md'), 'utf8')).split(`\n${heading}\n`);
  const steps = section!.split('\n## ')[0]!.matchAll(/`((?:cp|npm) [^`|]+)`/g);
  return [...steps].map(([, command]) => command!);
}

/** The files that git knows, in a folder of mode 700 of that reader, and a shell of theirs there. */
async function freshCopy(reader: Owner) {
  const home = mkdtempSync(join(tmpdir(), 'gavel-readme-'));
  homes.push(home);
  const folder = join(home, 'gavel');
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: checkout,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(checkout, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(checkout, file), join(folder, file));
  }
  const cache = join(home, '.npm');
  shareCache(cache);
  chmodSync(home, 0o700);
  if (reader.uid !== undefined && reader.gid !== undefined) giveAway(home, reader.uid, reader.gid);
  const env = { PATH: hostPath(), HOME: home, npm_config_cache: cache, npm_config_prefer_offline: 'true' };
  return { folder, run: (command: string) => shell(command, { cwd: folder, env, ...reader }) };
}

/** npm's cache of this machine without its size: the same files under another name. Where there is none, npm fetches. */
function shareCache(to: string): void {
  const from = join(process.env.npm_config_cache ?? join(homedir(), '.npm'), '_cacache');
  mkdirSync(to, { recursive: true });
  if (existsSync(from)) execFileSync('cp', ['-r', from, to]);
}

function giveAway(directory: string, uid: number, gid: number): void {
  chownSync(directory, uid, gid);
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(directory, entry), uid, gid);
  }
}

/** The path without what npm put there for the tests: it has the Node of the README's reader. */
function hostPath(): string {
  const parts = (process.env.PATH ?? '').split(delimiter);
  return parts.filter((part) => !part.includes('node_modules') && !part.includes('node-gyp')).join(delimiter);
}

function shell(command: string, options: { cwd: string; env: NodeJS.ProcessEnv } & Owner) {
  const child = spawn('sh', ['-c', command], {
    ...options,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  shells.push(child);
  endWithUs(child, { group: true });
  let output = '';
  const hear = (data: unknown) => {
    output += String(data);
    child.emit('said');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = once(child, 'close').then(() => output);
  return {
    ended,
    says: async (pattern: RegExp) => {
      while (!pattern.test(output)) {
        const gone = await Promise.race([once(child, 'said').then(() => false), ended.then(() => true)]);
        if (gone && !pattern.test(output)) throw new Error(`“${command}” ended without that:\n${output}`);
      }
    },
    /** To the shell and all that it started, as a terminal does. */
    end: (signal: NodeJS.Signals) => process.kill(-child.pid!, signal),
  };
}
