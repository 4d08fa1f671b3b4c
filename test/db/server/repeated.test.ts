import { Kysely } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import type { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import type { StatementFault } from '../../../sandbox/machine/database-faults/proxied-connection.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Schema } from '../../../src/db/schema.ts';
import { timings } from '../../../src/db/server/pool.ts';
import { serverDialect } from '../../../src/db/server/server-dialect.ts';
import { Links, ServerPool } from '../../../src/db/server/server-pool.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { mark, marks, proxied } from './proxied-database.ts';

const log = createLogger('silent');

/** Lets `fault` befall the first statement that has `text` in it. */
function failOnce(proxy: DatabaseProxy, text: string, fault: StatementFault): { befell: boolean } {
  const once = { befell: false };
  proxy.onStatement = ({ sql }) => {
    if (once.befell || !sql.includes(text)) return null;
    once.befell = true;
    return fault;
  };
  return once;
}

const faults: readonly StatementFault[] = [
  '40P01',
  '40001',
  '57014',
  '57P01',
  '25006',
  '53300',
  'cut before',
  'cut after',
];

test.for(faults)('a single statement that meets %s is repeated, whoever sent it', async (fault) => {
  const { proxy, database } = await proxied();
  const once = failOnce(proxy, 'insert', fault);
  await mark(database.db, '1');
  expect(once.befell).toBe(true);
  expect(await marks(database.workDb)).toEqual(['1']);
});

test.for(
  faults.flatMap((fault) =>
    ['start transaction', 'insert', 'select', 'commit'].map((statement) => [fault, statement] as const),
  ),
)('a transaction that meets %s at its %s is repeated as a whole', async ([fault, statement]) => {
  const { proxy, database } = await proxied();
  const once = failOnce(proxy, statement, fault);
  const seen = await inTransaction(database.db, async (trx) => {
    await mark(trx, '1');
    return await marks(trx);
  });
  expect(once.befell).toBe(true);
  expect(seen).toEqual(['1']);
  expect(await marks(database.db)).toEqual(['1']);
});

test('a transaction is told where an earlier run of it may have been committed', async () => {
  const { proxy, database } = await proxied();
  for (const [fault, runs] of [
    ['cut before', [false, true]],
    ['cut after', [false, true]],
  ] as const) {
    failOnce(proxy, 'commit', fault);
    const told: boolean[] = [];
    await inTransaction(database.db, async (trx, again) => {
      told.push(again);
      await mark(trx, '1');
    });
    expect(told).toEqual(runs);
  }
  failOnce(proxy, 'insert', '57P01');
  const told: boolean[] = [];
  await inTransaction(database.db, async (trx, again) => {
    told.push(again);
    await mark(trx, '1');
  });
  expect(told).toEqual([false, false]);
});

test.for(faults)('a connection whose set-up meets %s is not lost to the pool', async (fault) => {
  const { proxy } = await proxied();
  const pool = new ServerPool(proxy.url, 2, new Links(log), log);
  const db = new Kysely<Schema>({
    dialect: serverDialect(pool, { ...timings.probe, patienceMs: 0 }, () => pool.end()),
  });
  onTestFinished(() => db.destroy());
  proxy.onStatement = ({ sql }) => (sql.includes('set_config') ? fault : null);
  for (let i = 0; i < 10; i += 1) await expect(marks(db)).rejects.toThrow();
  proxy.onStatement = () => null;
  await expect(Promise.all([marks(db), marks(db), marks(db)])).resolves.toHaveLength(3);
});
