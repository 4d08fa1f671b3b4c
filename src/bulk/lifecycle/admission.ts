import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction } from '../../db/transaction.ts';
import { appendAudit } from '../audit/audit.ts';
import { clockGoesOn, slotStates } from '../operation.ts';
import { lastTurns, Queue, type Queued } from './queue.ts';

export interface AdmissionLimits {
  readonly maxConcurrent: number;
  readonly maxPerAdmin: number;
}

/** Any fixed number: admissions exclude each other over all processes. */
const admissionLock = 7_202_611;
/** An owner that renewed its lease within so many of the `leaseSeconds` is there to begin. */
const livelySeconds = 15;

/**
 * Lets queued operations start, in turn, as far as the limits over all processes allow, whoever owns them. An
 * operation holds up nobody else if it waits only for its admin's own limit, if its owner seems to be dead, or if
 * somebody has locked it. Returns the numbers of those admitted now.
 */
export async function admitQueued(
  db: Db,
  processId: string,
  limits: AdmissionLimits,
  now: Date,
): Promise<number[]> {
  return await inTransaction(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(${admissionLock})`.execute(trx);
    const active = await trx
      .selectFrom('operations')
      .select('admin_id')
      .where('state', 'in', [...slotStates])
      .execute();
    if (active.length >= limits.maxConcurrent) return [];
    const queued = await trx
      .selectFrom('operations')
      .select(['id', 'guild_id', 'admin_id', 'confirmed_at', 'resumed_at'])
      .where('state', '=', 'queued')
      .where(sql<boolean>`lease_until > now() + make_interval(secs => ${livelySeconds})`)
      .forUpdate()
      .skipLocked()
      .execute();
    if (queued.length === 0) return [];
    const servers = queued.map((one) => one.guild_id);
    const admitted = choose(new Queue(queued, await lastTurns(trx, servers)), active, limits);
    for (const { id, resumed_at } of admitted) {
      await trx
        .updateTable('operations')
        .set({
          state: 'running',
          ...(resumed_at === null ? { started_at: now } : { ...clockGoesOn(now), resumed_at: null }),
        })
        .where('id', '=', id)
        .execute();
      const event = resumed_at === null ? 'started' : 'went on';
      await appendAudit(trx, now, { operationId: id, actorId: null, process: processId, event });
    }
    return admitted.map(({ id }) => id);
  });
}

function choose<T extends Queued>(
  queue: Queue<T>,
  active: readonly { readonly admin_id: string }[],
  limits: AdmissionLimits,
): T[] {
  const perAdmin = new Map<string, number>();
  const count = (adminId: string) => perAdmin.get(adminId) ?? 0;
  for (const { admin_id } of active) perAdmin.set(admin_id, count(admin_id) + 1);
  const chosen: T[] = [];
  while (active.length + chosen.length < limits.maxConcurrent) {
    const next = queue.next((one) => count(one.admin_id) < limits.maxPerAdmin);
    if (next === null) break;
    perAdmin.set(next.admin_id, count(next.admin_id) + 1);
    chosen.push(next);
  }
  return chosen;
}
