import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import { giveUpShares } from '../../delivery/pace/pace-share-store.ts';
import { freeClaims } from '../../delivery/sending/claim-store.ts';
import { appendAudit } from '../audit/audit.ts';
import { isResult, openStates } from '../operation.ts';
import { howFar } from '../operation-store.ts';
import type { LostLock } from './dead-owners.ts';
import type { Lease } from './fence.ts';

/** An operation that this process took over. */
export interface TakenOver extends Lease {
  /** How often in a row it was taken over from an owner that died at work on it and did not get it further. */
  readonly takeovers: number;
  /** Whether only its result must still be shown. */
  readonly ended: boolean;
}

/** What this process knows when it takes over. */
export interface Known {
  /** Operations that it works on. It never takes them from itself. */
  readonly own?: readonly number[];
  /** Processes whose death is proven. Their leases and claims no longer count. */
  readonly dead?: readonly LostLock[];
}

/**
 * How long an owner's lease lasts, by the database's clock. It is renewed long before it ends. After its end the
 * operation is taken over.
 */
export const leaseSeconds = 30;

/**
 * An operation on which its own process does not work is taken over so many seconds after the last sign of life:
 * something went wrong there.
 */
const orphanedSeconds = 10;

/**
 * Takes over operations whose owner is proven dead, let go of them, or let its lease run out; also ended ones whose
 * result nobody could show yet. The fence grows, so whatever the old owner still writes is refused. What somebody has
 * locked is left for the next look. Times are the database's.
 */
export async function takeOver(
  db: Db,
  processId: string,
  now: Date,
  { own = [], dead = [] }: Known = {},
): Promise<TakenOver[]> {
  return await inTransaction(db, async (trx) => {
    const proven = await bury(trx, dead);
    const { rows: ownerless } = await sql<OwnerlessRow>`
      select id, owner, state, lease_until is not null and owner is distinct from ${processId} as died
      from operations
      where ${unfinished} and id <> all(${[...own]}::int[]) and (${isOwnerless(processId)} or owner = any(${proven}::text[]))
      order by id for update skip locked`.execute(trx);
    const taken: TakenOver[] = [];
    for (const operation of ownerless) {
      const { fence, takeovers } = await take(trx, processId, operation);
      await appendAudit(trx, now, {
        operationId: operation.id,
        actorId: null,
        process: processId,
        event: 'taken over',
        details: { fence, was: operation.state, previousOwner: operation.owner },
      });
      taken.push({ operationId: operation.id, fence, takeovers, ended: isResult(operation.state) });
    }
    return taken;
  });
}

/** Whether there is anything to take over, by the same rule. Cheap. */
export function isOwnerless(processId: string): RawBuilder<SqlBool> {
  return sql<boolean>`(lease_until is null or lease_until < now() or
    owner = ${processId} and lease_until < now() + make_interval(secs => ${leaseSeconds - orphanedSeconds}))`;
}

/** SQL: open, or ended without the result having been shown to anybody. */
export const unfinished: RawBuilder<SqlBool> = sql<boolean>`
  (state in (${sql.join(openStates.map((state) => sql.lit(state)))}) or finished_at is not null and not result_shown)`;

/**
 * Prolongs the leases of the operations on which this process works. Returns the numbers of those that it still owns.
 * One that somebody has locked keeps its lease as it is, and holds up no other.
 */
export async function renewLeases(db: Db, leases: readonly Lease[]): Promise<number[]> {
  const [ids, fences] = [leases.map((lease) => lease.operationId), leases.map((lease) => lease.fence)];
  const held = sql<boolean>`(id, fence) in (select * from unnest(${ids}::int[], ${fences}::int[]))`;
  const rows = await db
    .with('free', (cte) => cte.selectFrom('operations').select('id').where(held).forUpdate().skipLocked())
    .with('renewed', (cte) =>
      cte
        .updateTable('operations')
        .set({ lease_until: nextLease })
        .where('id', 'in', (of) => of.selectFrom('free').select('id')),
    )
    .selectFrom('operations')
    .select('id')
    .where(held)
    .execute();
  return rows.map((row) => row.id);
}

/** Lets other processes take over at once everything that this process owns. For a clean stop. */
export async function giveUpLeases(db: Db, processId: string): Promise<void> {
  await db.updateTable('operations').set({ lease_until: null }).where('owner', '=', processId).execute();
}

/** Ends all leases. For a process that is provably alone on its database: whoever held a lease before is dead. */
export async function voidLeases(db: Db): Promise<void> {
  await db
    .updateTable('operations')
    .set({ lease_until: sql<Date>`now() - interval '1 second'` })
    .where('lease_until', 'is not', null)
    .execute();
}

interface OwnerlessRow {
  readonly id: number;
  readonly owner: string | null;
  readonly state: (typeof openStates)[number];
  /** Whether its owner did not let go of it. */
  readonly died: boolean;
}

/**
 * Removes the rows of processes that are proven dead. Returns their names, without those that have come back under
 * another lock meanwhile.
 */
async function bury(trx: Trx, dead: readonly LostLock[]): Promise<string[]> {
  if (dead.length === 0) return [];
  const { rows } = await sql<{ name: string }>`
    delete from processes where (name, lock_key) in (
      select * from unnest(${dead.map((one) => one.name)}::text[], ${dead.map((one) => one.lockKey)}::int[]))
    returning name`.execute(trx);
  const names = rows.map(({ name }) => name);
  await freeClaims(trx, names);
  await giveUpShares(trx, names);
  return names;
}

/**
 * Takes operations over. A death counts if the operation was at work. If it got further since the last death, the
 * count begins anew.
 */
async function take(
  trx: Trx,
  processId: string,
  { id, state, died }: OwnerlessRow,
): Promise<{ fence: number; takeovers: number }> {
  const counts = died && state !== 'queued' && state !== 'paused';
  const { rows } = await sql<{ fence: number; takeovers: number }>`
    update operations set owner = ${processId}, lease_until = ${nextLease}, fence = fence + 1,
      takeovers = case when not ${counts}::boolean then takeovers when far.mark > takeover_mark then 1 else takeovers + 1 end,
      takeover_mark = case when ${counts}::boolean then far.mark else takeover_mark end
    from (select ${howFar(id)} as mark) as far
    where id = ${id}
    returning fence, takeovers`.execute(trx);
  return rows[0]!;
}

const nextLease = sql<Date>`now() + make_interval(secs => ${leaseSeconds})`;
