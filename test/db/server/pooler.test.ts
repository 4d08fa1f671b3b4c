import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { TransactionPooler } from '../../../sandbox/machine/database-faults/transaction-pooler.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { connectPostgres, freshPostgresUrl } from '../../support/postgres-databases.ts';
import { mark, marks, opening } from './proxied-database.ts';

test('behind a pooler by transaction no setting of ours lands on connections of others', async () => {
  const databaseUrl = await freshPostgresUrl();
  await using pooler = await TransactionPooler.start(databaseUrl, 2);
  const database = await opening(pooler.url);
  const ids = Array.from({ length: 20 }, (_, i) => String(i + 10));
  await Promise.all(
    ids.map((id, i) => inTransaction(i % 2 ? database.db : database.workDb, (trx) => mark(trx, id))),
  );
  expect(await marks(database.db)).toEqual(ids);
  const { rows } = await sql<{
    idle: string;
  }>`select current_setting('idle_in_transaction_session_timeout') as idle`.execute(database.db);
  expect(rows).toEqual([{ idle: '0' }]);
  const direct = connectPostgres(databaseUrl);
  const locks = await sql`select 1 from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`.execute(direct);
  await direct.destroy();
  expect(locks.rows).toEqual([]);
});
