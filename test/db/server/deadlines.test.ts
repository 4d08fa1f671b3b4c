import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { inTransaction } from '../../../src/db/transaction.ts';
import { mark, proxied } from './proxied-database.ts';

test('a statement that takes too long is given up on the server too', async () => {
  const { database } = await proxied();
  const slow = sql`select pg_sleep(3600)`.execute(database.probeDb);
  await expect(slow).rejects.toThrow('no answer within 2 s');
  const running = () =>
    sql`select pid from pg_stat_activity where query like '%pg_sleep(3600)%' and state = 'active' and pid <> pg_backend_pid()`.execute(
      database.db,
    );
  await expect.poll(async () => (await running()).rows).toEqual([]);
});

test('a long statement may take as long as it needs, beside deadlines of others', async () => {
  const { database } = await proxied();
  const patient = sql`select pg_sleep(2.5)`.execute(database.longDb);
  await expect(sql`select pg_sleep(2.5)`.execute(database.probeDb)).rejects.toThrow();
  await patient;
});

test('work that holds all its connections keeps nobody else waiting', async () => {
  const { database } = await proxied();
  const release = Promise.withResolvers<void>();
  const busy = Array.from({ length: 20 }, () =>
    inTransaction(database.workDb, async (trx) => {
      await sql`select 1`.execute(trx);
      await release.promise;
    }),
  );
  const started = performance.now();
  await mark(database.db, '1');
  expect(performance.now() - started).toBeLessThan(1_000);
  release.resolve();
  await Promise.all(busy);
});
