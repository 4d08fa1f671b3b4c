import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { describeEachDatabase } from '../support/databases.ts';

describeEachDatabase('a transaction', (fresh) => {
  test('keeps nothing of a function that throws', async () => {
    const db = await fresh();
    const failing = inTransaction(db, async (trx) => {
      await mark(trx, '1');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await marks(db)).toEqual([]);
  });

  test('is repeated as a whole after a conflict', async () => {
    const db = await fresh();
    let runs = 0;
    await inTransaction(db, async (trx) => {
      runs += 1;
      await mark(trx, String(runs));
      if (runs < 3) await conflict(trx, '40001');
    });
    expect(await marks(db)).toEqual(['3']);
  });

  test('gives up after five conflicts', async () => {
    const db = await fresh();
    let runs = 0;
    const hopeless = inTransaction(db, async (trx) => {
      runs += 1;
      await conflict(trx, '40P01');
    });
    await expect(hopeless).rejects.toMatchObject({ code: '40P01' });
    expect(runs).toBe(5);
  });

  test('is not repeated after any other error', async () => {
    const db = await fresh();
    let runs = 0;
    const failing = inTransaction(db, async (trx) => {
      runs += 1;
      await mark(trx, '1');
      await mark(trx, '1');
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(runs).toBe(1);
  });

  test('joins the transaction it is called in', async () => {
    const db = await fresh();
    const failing = inTransaction(db, async (outer) => {
      await inTransaction(outer, (inner) => mark(inner, '1'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await marks(db)).toEqual([]);
  });
});

async function mark(db: Db, id: string): Promise<void> {
  await db
    .insertInto('handled_interactions')
    .values({ interaction_id: id, handled_at: new Date(0) })
    .execute();
}

async function marks(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('handled_interactions').select('interaction_id').execute();
  return rows.map((row) => row.interaction_id);
}

async function conflict(db: Db, code: string): Promise<void> {
  await sql.raw(`do $$ begin raise exception 'conflict' using errcode = '${code}'; end $$`).execute(db);
}
