import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CannotStart } from '../../src/base/errors.ts';
import { createLogger } from '../../src/base/log.ts';
import { openDatabase } from '../../src/db/database.ts';
import { DirectoryInUse } from '../../src/db/embedded/owner-lock.ts';
import type { Db } from '../../src/db/schema.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { startLineProcess } from '../support/child-process.ts';
import { connectPostgres, freshPostgresUrl } from '../support/postgres-databases.ts';

const log = createLogger('silent');
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gavel-test-data-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

test('an embedded database outlives its killed owner with every row that was committed', async () => {
  const owner = startLineProcess(new URL('../support/embedded-owner.ts', import.meta.url), [dataDir]);
  let committed = 0;
  while (committed < 50) committed = Number(await owner.line());
  await expect(openDatabase({ databaseUrl: null, dataDir }, log)).rejects.toThrow(DirectoryInUse);
  await owner.kill('SIGKILL');

  const database = await openDatabase({ databaseUrl: null, dataDir }, log);
  expect(database).toMatchObject({ kind: 'pglite', soleOwner: true });
  const rows = await database.db.selectFrom('handled_interactions').select('interaction_id').execute();
  expect(rows.length).toBeGreaterThanOrEqual(committed);
  await database.close();

  const again = await openDatabase({ databaseUrl: null, dataDir }, log);
  await again.close();
});

test('what people ask of an embedded database waits for none of the work that is queued', async () => {
  const { db, workDb, close } = await openDatabase({ databaseUrl: null, dataDir }, log);
  await sql`create table done (what text)`.execute(workDb);
  const note = (on: Db, what: string) => sql`insert into done values (${what})`.execute(on);
  const work = Array.from({ length: 30 }, (_, n) =>
    inTransaction(workDb, async (trx) => {
      await note(trx, `work ${n}`);
      await note(trx, `work ${n} again`);
    }),
  );
  await Promise.all([1, 2, 3].map((n) => note(db, `people ${n}`)));
  const { rows } = await sql<{ what: string }>`select what from done`.execute(db);
  expect(rows.filter(({ what }) => what.startsWith('people'))).toHaveLength(3);
  // One transaction may stand before each of the four statements, and the one that was under way.
  expect(rows.length - 3).toBeLessThanOrEqual(10);
  await Promise.all(work);
  await close();
});

test('a directory that cannot be made is named with its variable', async () => {
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  const opening = openDatabase({ databaseUrl: null, dataDir: join(file, 'data') }, log);
  await expect(opening).rejects.toThrow(CannotStart);
  await expect(opening).rejects.toThrow('(DATA_DIR)');
});

test('a server that cannot be reached is named with its variable and without the password', async () => {
  const opening = openDatabase({ databaseUrl: 'postgres://gavel:secret@127.0.0.1:1/gavel', dataDir }, log);
  await expect(opening).rejects.toThrow(CannotStart);
  await expect(opening).rejects.toThrow(/127\.0\.0\.1:1\/gavel \(DATABASE_URL\): .*ECONNREFUSED/);
  await expect(opening).rejects.not.toThrow('secret');
});

test('a wrong password is told without repeating it', async () => {
  const url = new URL(await freshPostgresUrl());
  url.password = 'wrong-secret';
  const opening = openDatabase({ databaseUrl: url.href, dataDir }, log);
  await expect(opening).rejects.toThrow('password authentication failed');
  await expect(opening).rejects.not.toThrow('wrong-secret');
});

test('a server may be shared, and a connection that breaks is replaced', async () => {
  const databaseUrl = await freshPostgresUrl();
  const database = await openDatabase({ databaseUrl, dataDir }, log);
  expect(database).toMatchObject({ kind: 'postgres', soleOwner: false });
  const other = connectPostgres(databaseUrl);
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(other);
  await other.destroy();
  const settings = sql<{ timezone: string; idle: string }>`
    select current_setting('timezone') as timezone, current_setting('idle_in_transaction_session_timeout') as idle`;
  await expect
    .poll(async () => (await settings.execute(database.db)).rows[0])
    .toEqual({ timezone: 'UTC', idle: '10s' });
  await database.close();
});
