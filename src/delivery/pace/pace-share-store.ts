import { type RawBuilder, sql } from 'kysely';
import { isLockHeld } from '../../db/process-lock.ts';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import { fairShares } from './fair-shares.ts';

/**
 * Any number that nothing else here locks (the audit trail has 7202612). Renewals exclude each other over all
 * processes.
 */
const shareLock = 7_202_613;

/** Discord's own window and a little more, in ms. */
export const shareWindowMs = 1_100;

export interface ShareRequest {
  readonly processId: string;
  /** How many requests it would make in a window. */
  readonly demand: number;
  /** How many requests all processes together may make in a window. */
  readonly total: number;
  /** How long, in ms, what it gets is its own without another word. */
  readonly leaseMs: number;
  /** The length of a window in ms. For so long nobody else must have what it gives back. */
  readonly windowMs: number;
}

export interface ShareGrant {
  /** Requests in a window; 0: others hold everything for the moment. */
  readonly share: number;
  /** How many processes live, this one included. */
  readonly processes: number;
  /** How long nobody may send yet, in ms, because Discord refused another process for the global limit. */
  readonly pausedMs: number;
}

interface Row {
  readonly process: string;
  readonly demand: number;
  readonly share: number;
  readonly living: boolean;
  /** What it may still make, or have made, in a window that is not over. */
  readonly held: number;
  readonly paused_ms: number;
}

/**
 * Takes or renews a process's share: its fair one, as far as the others have let go of it. What all hold together
 * never exceeds `total`. `lower` is called before anybody hears of a share that becomes smaller.
 */
export async function renewShare(
  db: Db,
  request: ShareRequest,
  lower: (share: number) => void,
): Promise<ShareGrant> {
  const { processId, demand, total, leaseMs, windowMs } = request;
  return await inTransaction(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(${shareLock})`.execute(trx);
    const { rows } = await sql<Row>`
      select process, demand, share, lease_until > clock_timestamp() as living,
        case when before_until > clock_timestamp() then greatest(share, share_before) else share end as held,
        greatest(0, extract(epoch from paused_until - clock_timestamp()) * 1000)::float8 as paused_ms
      from pace_shares order by process`.execute(trx);
    const foreign = rows.filter((row) => row.process !== processId);
    const others = foreign.filter(({ living }) => living);
    if (others.length > 0) await shortenLeases(trx, withoutLock, windowMs);
    if (rows.some(({ living, paused_ms }) => !living && paused_ms === 0)) await forget(trx);
    const own = rows.find((row) => row.process === processId) ?? { share: 0, held: 0 };
    const [fair] = fairShares([demand, ...others.map((other) => other.demand)], total);
    const free = total - others.reduce((sum, { held }) => sum + held, 0);
    const share = Math.max(0, Math.min(fair!, free));
    if (share < own.share) lower(share);
    await sql`
      insert into pace_shares (process, demand, share, lease_until)
      values (${processId}, ${demand}, ${share}, clock_timestamp() + ${leaseMs} * interval '1 millisecond')
      on conflict (process) do update set demand = excluded.demand, share = excluded.share,
        lease_until = excluded.lease_until`.execute(trx);
    if (share < own.share) {
      await sql`
        update pace_shares set share_before = ${own.held},
          before_until = clock_timestamp() + ${windowMs} * interval '1 millisecond'
        where process = ${processId}`.execute(trx);
    }
    const pausedMs = Math.max(0, ...foreign.map((row) => row.paused_ms));
    return { share, processes: others.length + 1, pausedMs };
  });
}

/** SQL on a row: nobody holds the lock of its process. The process may live all the same, if its connection broke. */
const withoutLock = sql<boolean>`exists (
  select from processes
  where name = pace_shares.process and server_started = pg_postmaster_start_time() and not ${isLockHeld})`;

/**
 * Leaves these processes their shares for one window. A dead one sends nothing after its death, and a living one
 * renews the lease before that is over.
 */
async function shortenLeases(db: Db, which: RawBuilder<boolean>, windowMs: number): Promise<void> {
  await sql`
    update pace_shares
    set lease_until = least(lease_until, clock_timestamp() + ${windowMs} * interval '1 millisecond')
    where ${which}`.execute(db);
}

/** Removes the rows whose share is free and whose pause is over. */
async function forget(trx: Trx): Promise<void> {
  await sql`delete from pace_shares where greatest(lease_until, paused_until) <= clock_timestamp()`.execute(
    trx,
  );
}

/** Prolongs the lease of a share that stays what it is, in one statement; null if the process has none any more. */
export async function prolongShare(
  db: Db,
  { processId, demand, leaseMs }: ShareRequest,
): Promise<ShareGrant | null> {
  const { rows } = await sql<{ share: number; processes: number; paused_ms: number }>`
    update pace_shares as own set demand = ${demand}, lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    from (
      select count(*)::int as processes,
        greatest(0, extract(epoch from max(paused_until) - clock_timestamp()) * 1000)::float8 as paused_ms
      from pace_shares where lease_until > clock_timestamp()
    ) as living
    where own.process = ${processId} and own.lease_until > clock_timestamp()
    returning own.share, living.processes, living.paused_ms`.execute(db);
  const [row] = rows;
  return row ? { share: row.share, processes: row.processes, pausedMs: row.paused_ms } : null;
}

/** Tells the others that Discord's global limit was hit, for so many ms. */
export async function announcePause(db: Db, processId: string, ms: number): Promise<void> {
  await sql`
    update pace_shares
    set paused_until = greatest(paused_until, clock_timestamp() + ${ms} * interval '1 millisecond')
    where process = ${processId}`.execute(db);
}

/** Gives back the shares of processes that send nothing any more, when their last requests have left their window. */
export async function giveUpShares(
  db: Db,
  processes: readonly string[],
  windowMs = shareWindowMs,
): Promise<void> {
  await shortenLeases(db, sql<boolean>`process = any(${[...processes]}::text[])`, windowMs);
}
