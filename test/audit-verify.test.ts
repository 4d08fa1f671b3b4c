import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../src/base/log.ts';
import { appendAudit } from '../src/bulk/audit/audit.ts';
import { openDatabase } from '../src/db/database.ts';
import type { Db } from '../src/db/schema.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { freshPostgresUrl } from './support/databases.ts';
import { unpackMigrated } from './support/pglite-databases.ts';

const program = fileURLToPath(new URL('../src/audit-verify.ts', import.meta.url));

/** `npm run audit:verify` with these variables and no others. */
async function verify(env: Record<string, string>): Promise<{ code: number; said: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'gavel-verify-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  return await new Promise((resolve) => {
    execFile(process.execPath, [program], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    );
  });
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gavel-verify-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  await unpackMigrated(join(path, 'database'));
  return path;
}

async function fill(db: Db): Promise<void> {
  for (let index = 0; index < 5; index++) {
    const entry = { operationId: 1, actorId: null, process: 'test', event: 'paused' } as const;
    await inTransaction(db, (trx) => appendAudit(trx, new Date(index), entry));
  }
}

async function tamper(db: Db): Promise<void> {
  await sql`alter table audit disable trigger all`.execute(db);
  await sql`update audit set actor_id = 'nobody' where id = 3`.execute(db);
  await sql`alter table audit enable trigger all`.execute(db);
}

for (const kind of ['embedded', 'PostgreSQL'] as const) {
  test(`audit:verify says that the chain holds, and names the row that was tampered with (${kind})`, async () => {
    const config =
      kind === 'embedded'
        ? { databaseUrl: null, dataDir: await directory() }
        : { databaseUrl: await freshPostgresUrl(), dataDir: '' };
    const env: Record<string, string> =
      config.databaseUrl === null ? { DATA_DIR: config.dataDir } : { DATABASE_URL: config.databaseUrl };
    const change = async (work: (db: Db) => Promise<void>) => {
      const database = await openDatabase(config, createLogger('silent'));
      await work(database.db);
      await database.close();
    };
    await change(fill);
    const good = await verify(env);
    expect(good).toEqual({
      code: 0,
      said: expect.stringMatching(/holds: 5 rows.*\nLast row: 5, hash [0-9a-f]{64}\n/),
    });
    await change(tamper);
    const bad = await verify(env);
    expect(bad.said).toContain('broken at row 3: its content does not match its hash');
    expect(bad.code).toBe(1);
  });
}

test('audit:verify points to the command while the embedded database is in use', async () => {
  const dataDir = await directory();
  const database = await openDatabase({ databaseUrl: null, dataDir }, createLogger('silent'));
  const { code, said } = await verify({ DATA_DIR: dataDir });
  await database.close();
  expect(code).toBe(2);
  expect(said).toContain(`in use by another running process (pid ${process.pid})`);
  expect(said).toContain('`/bulk audit` in Discord');
  expect(said).not.toContain('    at ');
});

test('audit:verify creates no database where there is none', async () => {
  const { code, said } = await verify({ DATA_DIR: './nothing' });
  expect({ code, said }).toEqual({
    code: 2,
    said: expect.stringContaining('There is no database in ./nothing'),
  });
});
