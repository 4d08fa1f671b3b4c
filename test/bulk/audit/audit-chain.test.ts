import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { appendAudit } from '../../../src/bulk/audit/audit.ts';
import { verifyChain } from '../../../src/bulk/audit/audit-chain.ts';
import type { Db } from '../../../src/db/schema.ts';
import { inTransaction } from '../../../src/db/transaction.ts';
import { minutes } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { postedPolls, processName, running } from '../bulk-fixture.ts';
import { longTrail, tamper } from './audit-trail.ts';

/** Entries as the bot writes them. */
async function trail(db: Db, length: number): Promise<void> {
  for (let index = 0; index < length; index++) {
    const entry = {
      operationId: index,
      actorId: '900000000000000500',
      process: processName,
      event: 'paused',
      details: { text: `"${index}" ✅ \\ ü`, nested: { list: [1, null, 2.5] } },
    } as const;
    await inTransaction(db, (trx) => appendAudit(trx, minutes(index), entry));
  }
}

describeEachDatabase('the audit chain', (fresh) => {
  test('holds over what the bot writes, and over nothing at all', async () => {
    const db = await fresh();
    expect(await verifyChain(db)).toEqual({ rows: 0, head: null, broken: null });
    await trail(db, 7);
    const { rows, head, broken } = await verifyChain(db);
    expect({ rows, id: head?.id, broken }).toEqual({ rows: 7, id: 7, broken: null });
    await postedPolls(db, 2);
    await running(db);
    expect((await verifyChain(db)).broken).toBeNull();
  });

  test('holds over many pages, and a fault behind the first page is found', async () => {
    const db = await fresh();
    await longTrail(db, 4100);
    expect(await verifyChain(db)).toMatchObject({ rows: 4100, head: { id: 4100 }, broken: null });
    await tamper(db, sql`update audit set event = 'resumed' where id = 4050`);
    expect((await verifyChain(db)).broken?.id).toBe(4050);
    await tamper(db, sql`update audit set event = 'paused' where id = 4050`);
    await tamper(db, sql`delete from audit where id = 2001`);
    expect((await verifyChain(db)).broken).toEqual({ id: 2001, why: 'it was removed' });
  });

  test('cannot be changed, shortened or emptied past the trigger', async () => {
    const db = await fresh();
    await trail(db, 2);
    for (const statement of [
      sql`update audit set actor_id = null`,
      sql`delete from audit`,
      sql`truncate audit`,
    ]) {
      await expect(statement.execute(db)).rejects.toThrow('append-only');
    }
  });

  for (const column of [
    'at',
    'operation_id',
    'actor_id',
    'process',
    'event',
    'details',
    'hash_version',
    'prev_hash',
    'hash',
  ]) {
    test(`breaks at a row whose ${column} was changed`, async () => {
      const db = await fresh();
      await trail(db, 6);
      const values: Record<string, ReturnType<typeof sql>> = {
        at: sql`at + interval '1 microsecond'`,
        operation_id: sql`null`,
        details: sql`details || '{"text": "other"}'`,
        hash_version: sql`1`,
        prev_hash: sql`repeat('0', 64)`,
        hash: sql`repeat('0', 64)`,
      };
      await tamper(
        db,
        sql`update audit set ${sql.ref(column)} = ${values[column] ?? sql`'somebody else'`} where id = 4`,
      );
      const { rows, broken } = await verifyChain(db);
      expect(rows).toBe(6);
      expect(broken?.id).toBe(4);
      expect(broken?.why).toContain('content does not match its hash');
    });
  }

  /** How earlier versions of Gavel wrote a row, on a PostgreSQL before 14 and since. */
  const earlier = {
    'before 14': sql`to_jsonb(extract(epoch from entry.at)::float8)`,
    'since 14': sql`to_jsonb(round(audit_micros(entry)::numeric / 1000000, 6))`,
  };
  for (const [server, written] of Object.entries(earlier)) {
    test(`holds over rows that were hashed by a PostgreSQL ${server}, and breaks where one was changed`, async () => {
      const db = await fresh();
      await trail(db, 2);
      await sql`create function as_before() returns trigger language plpgsql as $$
        declare entry audit; last audit;
        begin
          select * into last from audit order by id desc limit 1;
          new.id := coalesce(last.id, 0) + 1;
          new.prev_hash := last.hash;
          new.hash_version := 1;
          entry := new;
          new.hash := audit_digest(entry, ${written});
          return new;
        end $$`.execute(db);
      await sql`alter table audit disable trigger audit_chain`.execute(db);
      await sql`create trigger as_before before insert on audit for each row execute function as_before()`.execute(
        db,
      );
      await trail(db, 3);
      await longTrail(db, 3);
      await sql`drop trigger as_before on audit`.execute(db);
      await sql`drop function as_before`.execute(db);
      await sql`alter table audit enable trigger audit_chain`.execute(db);
      await trail(db, 2);
      expect(await verifyChain(db)).toMatchObject({ rows: 10, head: { id: 10 }, broken: null });
      await tamper(db, sql`update audit set at = at + interval '1 microsecond' where id = 4`);
      expect((await verifyChain(db)).broken?.id).toBe(4);
    });
  }

  test('breaks at a changed row whose own hash was computed anew', async () => {
    const db = await fresh();
    await trail(db, 6);
    await tamper(db, sql`update audit set actor_id = '1' where id = 4`);
    await tamper(db, sql`update audit set hash = audit_hash(audit) where id = 4`);
    expect((await verifyChain(db)).broken).toEqual({
      id: 4,
      why: 'it was replaced: row 5 was written after another row 4',
    });
  });

  test('names rows that were removed from the middle, and from the beginning', async () => {
    const db = await fresh();
    await trail(db, 9);
    await tamper(db, sql`delete from audit where id in (4, 5, 6)`);
    expect((await verifyChain(db)).broken).toEqual({ id: 4, why: 'rows 4 to 6 were removed' });
    await tamper(db, sql`delete from audit where id = 1`);
    expect((await verifyChain(db)).broken).toEqual({ id: 1, why: 'it was removed' });
  });

  test('breaks where a removed row is covered up by numbering the others anew', async () => {
    const db = await fresh();
    await trail(db, 6);
    await tamper(db, sql`delete from audit where id = 3`);
    await tamper(db, sql`update audit set id = id - 1 where id > 3`);
    expect((await verifyChain(db)).broken?.id).toBe(3);
  });

  test('breaks at a row that was put in by hand', async () => {
    const db = await fresh();
    await trail(db, 3);
    await tamper(
      db,
      sql`insert into audit (id, at, process, event, prev_hash, hash)
        select 4, now(), 'forged', 'confirmed', hash, repeat('a', 64) from audit where id = 3`,
    );
    await trail(db, 2);
    expect((await verifyChain(db)).broken?.id).toBe(4);
  });

  test('misses the entries at its end that operations tell of', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId } = await running(db);
    await tamper(db, sql`delete from audit where event = 'confirmed'`);
    const { rows, broken } = await verifyChain(db);
    expect(broken?.id).toBe(rows + 1);
    expect(broken?.why).toContain(`“confirmed” of Operation #${operationId} is missing`);
  });
});
