import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { TransactionPooler } from '../../sandbox/machine/database-faults/transaction-pooler.ts';
import { systemClock } from '../../src/base/clock.ts';
import { CannotStart } from '../../src/base/errors.ts';
import { createLogger } from '../../src/base/log.ts';
import { lockKey, migrateToLatest } from '../../src/db/migrate.ts';
import type { Db } from '../../src/db/schema.ts';
import { matchPolls } from '../../src/polls/lists/match-polls.ts';
import { createPoll } from '../../src/polls/poll-store.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { newPoll } from '../polls/poll-fixture.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { connectPostgres, emptyPostgresUrl } from '../support/postgres-databases.ts';

const log = createLogger('silent');
const one = new URL('./fixtures/one/', import.meta.url);
const two = new URL('./fixtures/two/', import.meta.url);
const broken = new URL('./fixtures/broken/', import.meta.url);

describeEachDatabase('a migrated database', (fresh) => {
  test('is left as it is by the same version', async () => {
    const db = await fresh();
    const before = await tables(db);
    await migrateToLatest(db, log);
    expect(await tables(db)).toEqual(before);
    expect(before).toContain('polls');
  });

  test('is refused by an older version, which changes nothing', async () => {
    const db = await fresh();
    const before = await tables(db);
    await expect(migrateToLatest(db, log, { directory: one })).rejects.toThrow(CannotStart);
    await expect(migrateToLatest(db, log, { directory: one })).rejects.toThrow(
      /was used by a newer version of this program \(it has 0001-polls-and-operations.*Nothing was changed/,
    );
    expect(await tables(db)).toEqual(before);
  });
});

describe('migrations', () => {
  const open: Db[] = [];
  afterEach(async () => {
    for (const db of open.splice(0)) await db.destroy();
  });
  const connect = (url: string) => {
    const db = connectPostgres(url);
    open.push(db);
    return db;
  };

  test('are applied once when several processes start at the same time', async () => {
    const url = await emptyPostgresUrl();
    const processes = Array.from({ length: 6 }, () => connect(url));
    await Promise.all(processes.map((db) => migrateToLatest(db, log)));
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(connect(url));
    expect(rows.filter((row) => row.name === '0001-polls-and-operations')).toHaveLength(1);
  });

  test('continue where an older version stopped', async () => {
    const db = connect(await emptyPostgresUrl());
    await migrateToLatest(db, log, { directory: one });
    expect(await tables(db)).toEqual(['first']);
    await migrateToLatest(db, log, { directory: two });
    expect(await tables(db)).toEqual(['first', 'second']);
  });

  test('do without the index for texts where extensions are not allowed, and each start says so', async () => {
    const url = new URL(await emptyPostgresUrl());
    const owner = connect(url.href);
    const role = `tenant${url.pathname.slice(1)}`;
    await sql`create role ${sql.id(role)} login password 'tenant'`.execute(owner);
    await sql`grant create on schema public to ${sql.id(role)}`.execute(owner);
    [url.username, url.password] = [role, 'tenant'];
    const tenant = connect(url.href);
    const written: string[] = [];
    const listening = createLogger('warn', { write: (line: string) => void written.push(line) });
    await migrateToLatest(tenant, listening);
    await migrateToLatest(tenant, listening);
    expect(written.filter((line) => line.includes('text filters are slow'))).toHaveLength(2);
    const { poll } = await createPoll(tenant, newPoll('1', { question: 'Tea or coffee?' }));
    const found = await matchPolls(tenant, everyServer, { text: 'COFFEE' }, 10);
    expect(found).toMatchObject({ count: 1, ids: [poll!.id] });

    await sql`create extension pg_trgm`.execute(owner);
    await sql`create extension btree_gin`.execute(owner);
    await sql`create index polls_question on polls
      using gin (guild_id, question_folded gin_trgm_ops) where deleted_at is null`.execute(owner);
    await migrateToLatest(tenant, listening);
    expect(written).toHaveLength(2);
  });

  test('wait for those of another process as long as they take, whatever time limits the server sets', async () => {
    const url = await emptyPostgresUrl();
    const name = new URL(url).pathname.slice(1);
    await sql`alter database ${sql.id(name)} set statement_timeout = '500ms'`.execute(connect(url));
    await sql`alter database ${sql.id(name)} set lock_timeout = '500ms'`.execute(connect(url));
    const locked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const first = connect(url)
      .transaction()
      .execute(async (transaction) => {
        await sql`select pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(transaction);
        locked.resolve();
        await gate.promise;
      });
    await locked.promise;
    let looks = 0;
    // A minute by this clock.
    const clock = {
      ...systemClock,
      sleep: async () => {
        looks += 1;
        if (looks === 120) gate.resolve();
      },
    };
    await migrateToLatest(connect(url), log, { directory: two, clock });
    await first;
    expect(looks).toBeGreaterThanOrEqual(120);
    expect(await tables(connect(url))).toEqual(['first', 'second']);
  });

  test('leave neither lock nor setting on a session that a pooler lends to others', async () => {
    await using pooler = await TransactionPooler.start(await emptyPostgresUrl(), 1);
    const db = connect(pooler.url);
    const left = () =>
      sql`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle, (select count(*) from pg_locks
          where locktype = 'advisory' and pid = pg_backend_pid()) as locks`.execute(db);
    const { rows: before } = await left();
    await expect(migrateToLatest(db, log, { directory: broken })).rejects.toThrow('nonsense');
    expect((await left()).rows).toEqual(before);
    await migrateToLatest(db, log, { directory: two });
    expect((await left()).rows).toEqual(before);
    expect(before).toMatchObject([{ locks: 0 }]);
  });

  test('leave nothing behind when one of them fails', async () => {
    const db = connect(await emptyPostgresUrl());
    await expect(migrateToLatest(db, log, { directory: broken })).rejects.toThrow('nonsense');
    expect(await tables(db)).toEqual([]);
  });
});

async function tables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables
    where schemaname = 'public' and tablename not like 'kysely%' order by tablename`.execute(db);
  return rows.map((row) => row.name);
}
