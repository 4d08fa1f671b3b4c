import type { Clock } from '../base/clock.ts';
import { within } from '../base/within.ts';
import type { Db } from '../db/schema.ts';
import { isWritable } from './metrics-store.ts';

/** How long the database may take to answer before it counts as down. */
const patienceMs = 2000;

export interface Readiness {
  readonly ready: boolean;
  /** What each part says of itself: `ok`, or what is wrong. */
  readonly parts: { readonly database: string; readonly gateway: string };
}

/**
 * Whether this process can take and carry out what people ask. `gateway`: `ok`, or what is wrong. `db` is asked once,
 * without waiting for a database that is away.
 */
export async function readiness(db: Db, gateway: string, clock: Clock): Promise<Readiness> {
  const asked = isWritable(db).then(
    (writable) => (writable ? 'ok' : 'is read-only: it takes no votes and no changes'),
    () => 'does not answer',
  );
  const database = await within(clock, patienceMs, asked, `did not answer within ${patienceMs / 1000} s`);
  return { ready: database === 'ok' && gateway === 'ok', parts: { database, gateway } };
}
