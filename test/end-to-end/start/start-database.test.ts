import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { startScene } from '../../support/bot-scene.ts';
import { connectPostgres, emptyPostgresUrl } from '../../support/postgres-databases.ts';
import { certificate, startTlsServer } from '../support/private-authority.ts';
import { refusedStart } from '../support/refused-start.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ limits: 'off' });
});
afterAll(async () => {
  await sandbox?.close();
});

const password = 'hunter2-and-more';
const url = (change: (url: URL) => void): string => {
  const changed = new URL(inject('postgresUrl'));
  change(changed);
  return changed.href;
};
const at = (port: number, query = '') => `postgres://gavel:${password}@127.0.0.1:${port}/gavel${query}`;

async function refused(databaseUrl: string): Promise<string> {
  const env = { DISCORD_TOKEN: sandbox.token, DISCORD_API_URL: sandbox.apiUrl, DATABASE_URL: databaseUrl };
  return await refusedStart(env, [password]);
}

describe.concurrent('a start at a server that cannot be used ends in a sentence that says what to do', () => {
  test('where the password is wrong, or not percent-encoded', async ({ expect }) => {
    const said = await refused(url((one) => Object.assign(one, { password })));
    expect(said).toContain('password authentication failed for user "postgres"');
    expect(said).toContain('(# as %23)');
  });

  test('where there is no password', async ({ expect }) => {
    expect(await refused(url((one) => Object.assign(one, { password: '' })))).toContain(
      'The server asks for a password',
    );
  });

  test('where the user does not exist', async ({ expect }) => {
    expect(await refused(url((one) => Object.assign(one, { username: 'nobody-here' })))).toContain(
      'Correct user and password',
    );
  });

  test('where the database does not exist', async ({ expect }) => {
    const said = await refused(url((one) => Object.assign(one, { pathname: '/nowhere' })));
    expect(said).toContain('database "nowhere" does not exist. Create that database');
  });

  test('where the host is unknown', async ({ expect }) => {
    const said = await refused(`postgres://gavel:${password}@no-such-host.invalid/gavel`);
    expect(said).toMatch(/no-such-host\.invalid.*There is no such host.*\(# as %23\)/);
  });

  test('where nothing listens: it is tried for some seconds first', async ({ expect }) => {
    expect(await refused(at(1))).toContain('Nothing listens there: start PostgreSQL');
  });

  test('where something else listens', async ({ expect }) => {
    const web = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = web.address() as { port: number };
      expect(await refused(at(port))).toContain('See that a PostgreSQL server listens there');
    } finally {
      web.close();
    }
  });

  test('where the certificate is of an authority of one’s own, which sslrootcert names', async ({
    expect,
  }) => {
    const { port, server } = await startTlsServer();
    const directory = await mkdtemp(join(tmpdir(), 'gavel-authority-'));
    try {
      const said = await refused(at(port, '?sslmode=require'));
      expect(said).toMatch(/self-signed certificate.*sslrootcert=.*sslmode=no-verify/);
      const file = join(directory, 'ca.crt');
      await writeFile(file, certificate);
      for (const query of [`?sslmode=require&sslrootcert=${file}`, '?sslmode=no-verify']) {
        expect(await refused(at(port, query))).not.toContain('certificate');
      }
      expect(await refused(at(port, `?sslmode=require&sslrootcert=${file}.gone`))).toContain(
        'Correct the path of the file',
      );
    } finally {
      server.close();
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('where encryption is asked for and not offered', async ({ expect }) => {
    const said = await refused(url((one) => one.searchParams.set('sslmode', 'require')));
    expect(said).toContain('Take sslmode out of DATABASE_URL');
  });

  test('where the encoding cannot hold every text', async ({ expect }) => {
    const latin = await changed(
      (name) =>
        sql`create database ${sql.id(name)} encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`,
    );
    expect(await refused(latin)).toContain('its encoding is LATIN1');
  });

  test('where the database is read only', async ({ expect }) => {
    const standby = await changed(
      (name) => sql`create database ${sql.id(name)}`,
      (name) => sql`alter database ${sql.id(name)} set default_transaction_read_only = on`,
    );
    expect(await refused(standby)).toContain('use the address of the primary');
  });

  test('where the user may not create tables: with the statement that lets it', async ({ expect }) => {
    const weak = new URL(await emptyPostgresUrl());
    const role = `weak${weak.pathname.slice(1)}`;
    const owner = connectPostgres(weak.href);
    try {
      await sql`create role ${sql.id(role)} login password ${sql.lit(password)}`.execute(owner);
      Object.assign(weak, { username: role, password });
      const said = await refused(weak.href);
      const [, grant] = /run: (grant [^;]+);/.exec(said) ?? [];
      expect(grant).toBe(`grant create on schema public to "${role}"`);
      await sql.raw(grant!).execute(owner);
      await using scene = await startScene({ databaseUrl: weak.href, channels: 1 });
      expect(scene.bot.stderr).toBe('');
    } finally {
      await owner.destroy();
    }
  });

  test('where there is no schema', async ({ expect }) => {
    const bare = await emptyPostgresUrl();
    await inDatabase(bare, sql`drop schema public`);
    expect(await refused(bare)).toContain('create schema if not exists public');
  });

  test('where another program keeps its tables', async ({ expect }) => {
    const others = await emptyPostgresUrl();
    await inDatabase(others, sql`create table polls (id integer)`);
    const said = await refused(others);
    expect(said).toContain('relation "polls" already exists');
    expect(said).toContain('Give Gavel a database of its own');
    const kysely = await emptyPostgresUrl();
    await inDatabase(kysely, sql`create table kysely_migration (name text, timestamp text)`);
    await inDatabase(kysely, sql`insert into kysely_migration values ('2024-init', '2024-01-01')`);
    expect(await refused(kysely)).toContain('it has 2024-init), or by another program');
  });

  test('where a migration breaks on what nobody expected', async ({ expect }) => {
    const odd = await emptyPostgresUrl();
    await inDatabase(
      odd,
      sql`create function no() returns event_trigger language plpgsql as $$ begin raise 'the auditor says no'; end $$`,
    );
    await inDatabase(odd, sql`create event trigger no on ddl_command_start execute function no()`);
    expect(await refused(odd)).toMatch(/^Cannot bring the database up to date: the auditor says no\. ./);
  });
});

test('variables that pg reads for itself do not matter', async () => {
  await using scene = await startScene({
    database: 'postgres',
    channels: 1,
    env: {
      PGHOST: 'no-such-host.invalid',
      PGPORT: '1',
      PGUSER: 'nobody',
      PGPASSWORD: 'wrong',
      PGDATABASE: 'nowhere',
      PGSSLMODE: 'verify-full',
      PGSSLNEGOTIATION: 'direct',
      PGOPTIONS: '-c default_transaction_read_only=on',
      PGCONNECT_TIMEOUT: '0.001',
      NODE_PG_FORCE_NATIVE: '1',
    },
  });
  expect(scene.bot.problems()).toBe('');
});

/** The URL of a new database, made by `statements` that are given its name. */
async function changed(...statements: ((name: string) => ReturnType<typeof sql>)[]): Promise<string> {
  const made = new URL(await emptyPostgresUrl());
  made.pathname += '_changed';
  for (const statement of statements)
    await inDatabase(inject('postgresUrl'), statement(made.pathname.slice(1)));
  return made.href;
}

async function inDatabase(databaseUrl: string, statement: ReturnType<typeof sql>): Promise<void> {
  const db = connectPostgres(databaseUrl);
  try {
    await statement.execute(db);
  } finally {
    await db.destroy();
  }
}
