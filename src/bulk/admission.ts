import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { appendAudit } from './audit.ts';
import { slotStates } from './operation.ts';

export interface AdmissionLimits {
  readonly maxConcurrent: number;
  readonly maxPerAdmin: number;
}

/** Any fixed number: admissions exclude each other over all processes. */
const admissionLock = 7_202_611;

/**
 * Lets queued operations start, in order, as far as the limits over all processes allow; one that waits only for its
 * admin's own limit holds up nobody else. Each is admitted by its owner: at an operation of another process the queue
 * stands until that process (or whoever takes over) admits it. Returns the numbers admitted now.
 */
export async function admitQueued(
  db: Db,
  process: string,
  limits: AdmissionLimits,
  now: Date,
): Promise<number[]> {
  return inTransaction(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(${admissionLock})`.execute(trx);
    const open = await trx
      .selectFrom('operations')
      .select(['id', 'admin_id', 'state', 'owner'])
      .where('state', 'in', ['queued', ...slotStates])
      .orderBy('confirmed_at')
      .orderBy('id')
      .execute();
    const active = open.filter((operation) => operation.state !== 'queued');
    const perAdmin = new Map<string, number>();
    for (const { admin_id } of active) perAdmin.set(admin_id, (perAdmin.get(admin_id) ?? 0) + 1);
    let free = limits.maxConcurrent - active.length;
    const admitted: number[] = [];
    for (const operation of open) {
      if (operation.state !== 'queued') continue;
      if (free <= 0) break;
      const own = perAdmin.get(operation.admin_id) ?? 0;
      if (own >= limits.maxPerAdmin) continue;
      if (operation.owner !== process) break;
      admitted.push(operation.id);
      perAdmin.set(operation.admin_id, own + 1);
      free -= 1;
    }
    if (admitted.length === 0) return [];
    await trx
      .updateTable('operations')
      .set({ state: 'running', started_at: now })
      .where('id', 'in', admitted)
      .where('state', '=', 'queued')
      .execute();
    for (const id of admitted) {
      await appendAudit(trx, now, { operationId: id, actorId: null, process, event: 'started' });
    }
    return admitted;
  });
}
