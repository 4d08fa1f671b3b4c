import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { appendAudit } from './audit.ts';
import { leaseSeconds } from './confirm.ts';
import type { Hold } from './fence.ts';
import { openStates } from './operation.ts';

/**
 * Takes over operations whose owner's lease ran out, also ended ones whose result nobody could show yet. The fence
 * grows, so whatever the old owner still writes is refused. Times are the database's.
 */
export async function takeOver(db: Db, process: string, now: Date): Promise<Hold[]> {
  return inTransaction(db, async (trx) => {
    const ownerless = await trx
      .selectFrom('operations')
      .select(['id', 'owner', 'state'])
      .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`now()`)]))
      .where((eb) =>
        eb.or([
          eb('state', 'in', [...openStates]),
          eb.and([eb('finished_at', 'is not', null), eb('result_shown', '=', false)]),
        ]),
      )
      .orderBy('id')
      .forUpdate()
      .execute();
    if (ownerless.length === 0) return [];
    const taken = await trx
      .updateTable('operations')
      .set({ owner: process, lease_until: nextLease, fence: sql`fence + 1` })
      .where(sql<boolean>`id = any(${ownerless.map(({ id }) => id)}::int[])`)
      .returning(['id', 'fence'])
      .execute();
    const before = new Map(ownerless.map((operation) => [operation.id, operation]));
    for (const { id, fence } of taken.sort((a, b) => a.id - b.id)) {
      await appendAudit(trx, now, {
        operationId: id,
        actorId: null,
        process,
        event: 'taken over',
        details: { fence, was: before.get(id)?.state, previousOwner: before.get(id)?.owner },
      });
    }
    return taken.map(({ id, fence }) => ({ operationId: id, fence }));
  });
}

/** Prolongs the leases of the operations this process works on; the numbers of those it still owns. */
export async function renewLeases(db: Db, process: string, ids: readonly number[]): Promise<number[]> {
  const rows = await db
    .updateTable('operations')
    .set({ lease_until: nextLease })
    .where('owner', '=', process)
    .where(sql<boolean>`id = any(${[...ids]}::int[])`)
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Lets everything this process owns be taken over at once: at a clean stop. */
export async function giveUpLeases(db: Db, process: string): Promise<void> {
  await db.updateTable('operations').set({ lease_until: null }).where('owner', '=', process).execute();
}

/** For a process that is provably alone on its database: whoever held a lease before is dead. */
export async function voidLeases(db: Db): Promise<void> {
  await db
    .updateTable('operations')
    .set({ lease_until: null })
    .where('lease_until', 'is not', null)
    .execute();
}

const nextLease = sql<Date>`now() + make_interval(secs => ${leaseSeconds})`;
