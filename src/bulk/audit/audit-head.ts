import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { type ChainLink, type ChainVerdict, verifyChain } from './audit-chain.ts';

/** A trail of at most so many rows is followed whole each time; that takes less than a second. */
const shortTrail = 5_000;
/** How long the finding of a whole verification is believed, in hours. */
const wholeEveryHours = 24;

/**
 * Verifies what an answer needs, however long the trail is: the rows since those that were found to hold before, the
 * rows of this operation, and what the last whole verification found. Remembers how far the chain holds.
 */
export async function verifyRecent(db: Db, operationId: number): Promise<ChainVerdict> {
  const head = await readHead(db);
  const trusted = head !== null && head.id > shortTrail && (await isUnchanged(db, head)) ? head : null;
  const verdict = await verifyChain(db, trusted);
  if (verdict.broken) return verdict;
  if (verdict.head) await remember(db, verdict.head);
  const broken = (trusted && head?.broken) ?? (await brokenRowOf(db, operationId));
  return broken ? { ...verdict, head: null, broken } : verdict;
}

/** Follows the whole trail, unless some process has within a day; then null. `verifyRecent` uses what it finds. */
export async function verifyWholeNowAndThen(db: Db): Promise<ChainVerdict | null> {
  const { rows: due } = await sql`
    insert into audit_head (id, hash, whole_at) values (0, '', now())
    on conflict (one) do update set whole_at = now()
      where audit_head.whole_at is null or audit_head.whole_at < now() - make_interval(hours => ${wholeEveryHours}::int)
    returning one`.execute(db);
  if (due.length === 0) return null;
  const verdict = await verifyChain(db);
  await sql`
    update audit_head set broken_id = ${verdict.broken?.id ?? null}, broken_why = ${verdict.broken?.why ?? null}`.execute(
    db,
  );
  if (verdict.head) await remember(db, verdict.head);
  return verdict;
}

interface Head extends ChainLink {
  readonly broken: ChainVerdict['broken'];
}

async function readHead(db: Db): Promise<Head | null> {
  const row = await db.selectFrom('audit_head').selectAll().executeTakeFirst();
  if (!row) return null;
  const broken = row.broken_id === null ? null : { id: row.broken_id, why: row.broken_why ?? '' };
  return { id: row.id, hash: row.hash, broken };
}

/** Several processes may remember at once. The furthest row stays. */
async function remember(db: Db, { id, hash }: ChainLink): Promise<void> {
  await sql`
    insert into audit_head (id, hash) values (${id}, ${hash})
    on conflict (one) do update set id = excluded.id, hash = excluded.hash
      where audit_head.id < excluded.id`.execute(db);
}

async function isUnchanged(db: Db, { id, hash }: ChainLink): Promise<boolean> {
  const row = await db.selectFrom('audit').select('hash').where('id', '=', id).executeTakeFirst();
  return row?.hash === hash;
}

/** The first row of an operation that is not as it was written, or that its neighbours contradict. */
async function brokenRowOf(db: Db, operationId: number): Promise<ChainVerdict['broken']> {
  const { rows } = await sql<{ id: number }>`
    select own.id from audit as own
      left join audit as before on before.id = own.id - 1
      left join audit as next on next.id = own.id + 1
    where own.operation_id = ${operationId}
      and (not audit_hash_holds(own) or own.prev_hash is distinct from before.hash
        or (next.id is not null and next.prev_hash is distinct from own.hash))
    order by own.id limit 1`.execute(db);
  return rows[0] ? { id: rows[0].id, why: 'it or the row beside it was changed, or put in by hand' } : null;
}
