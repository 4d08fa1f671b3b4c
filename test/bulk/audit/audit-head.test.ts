import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { verifyRecent, verifyWholeNowAndThen } from '../../../src/bulk/audit/audit-head.ts';
import type { Db } from '../../../src/db/schema.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { longTrail, tamper } from './audit-trail.ts';

/** Long enough not to be followed whole for each answer. */
const long = 6000;

/** How many hashes were computed in `work`. */
async function hashesIn(db: Db, work: () => Promise<unknown>): Promise<number> {
  await sql`create sequence hashed`.execute(db);
  await sql`alter function audit_hash_holds(audit) rename to audit_hash_holds_quietly`.execute(db);
  await sql`create function audit_hash_holds(entry audit) returns boolean language sql volatile as $$
    select nextval('hashed') > 0 and audit_hash_holds_quietly(entry) $$`.execute(db);
  try {
    await work();
    const { rows } = await sql<{ count: number }>`
      select case when is_called then last_value else 0 end as count from hashed`.execute(db);
    return rows[0]!.count;
  } finally {
    await sql`drop function audit_hash_holds(audit)`.execute(db);
    await sql`alter function audit_hash_holds_quietly(audit) rename to audit_hash_holds`.execute(db);
    await sql`drop sequence hashed`.execute(db);
  }
}

describeEachDatabase('the audit trail, asked about one operation', (fresh) => {
  test('is followed from where it was found to hold before, not from its beginning', async () => {
    const db = await fresh();
    await longTrail(db, long);
    expect(await verifyRecent(db, 1)).toMatchObject({ rows: long, head: { id: long }, broken: null });
    await longTrail(db, 10);
    const hashed = await hashesIn(db, async () => {
      expect(await verifyRecent(db, 1)).toMatchObject({
        rows: long + 10,
        head: { id: long + 10 },
        broken: null,
      });
    });
    // The ten new ones, and the two of the operation.
    expect(hashed).toBe(12);
  });

  test('is followed whole while it is short', async () => {
    const db = await fresh();
    await longTrail(db, 100);
    await verifyRecent(db, 1);
    await tamper(db, sql`update audit set event = 'resumed' where id = 50`);
    expect((await verifyRecent(db, 1)).broken?.id).toBe(50);
  });

  test.each([
    ['a row of the operation itself was changed', sql`update audit set event = 'resumed' where id = 17`, 17],
    [
      'one beside it was replaced',
      sql`update audit set event = 'x', hash = repeat('0', 64) where id = 16`,
      17,
    ],
    [
      'the row up to which it held was changed',
      sql`update audit set hash = repeat('0', 64) where id = ${long}`,
      long,
    ],
    [
      'a row that came since was changed',
      sql`update audit set event = 'resumed' where id = ${long + 3}`,
      long + 3,
    ],
  ])('is broken where %s', async (_what, change, row) => {
    const db = await fresh();
    await longTrail(db, long);
    await verifyRecent(db, 17);
    await longTrail(db, 5);
    await tamper(db, change);
    expect((await verifyRecent(db, 17)).broken?.id).toBe(row);
  });

  test('is broken where following all of it has found so, until that finds it whole', async () => {
    const db = await fresh();
    await longTrail(db, long);
    await verifyRecent(db, 17);
    await tamper(db, sql`update audit set event = 'resumed' where id = 50`);
    expect((await verifyRecent(db, 17)).broken).toBeNull();
    expect((await verifyWholeNowAndThen(db))?.broken?.id).toBe(50);
    expect((await verifyRecent(db, 17)).broken?.id).toBe(50);
    expect(await verifyWholeNowAndThen(db)).toBeNull();
    await tamper(db, sql`update audit set event = 'paused' where id = 50`);
    await sql`update audit_head set whole_at = whole_at - interval '25 hours'`.execute(db);
    expect((await verifyWholeNowAndThen(db))?.broken).toBeNull();
    expect((await verifyRecent(db, 17)).broken).toBeNull();
  });
});
