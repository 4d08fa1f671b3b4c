import { type Clock, systemClock } from '../clock.ts';
import type { Db } from './schema.ts';

const maxAttempts = 5;
const firstPauseMs = 10;

/**
 * Runs `fn` in one transaction, all of it again (at most 5 times) when the database chose it as the victim of a
 * deadlock or a serialization conflict. So `fn` may run more than once: it changes nothing but the database, and
 * uses only the `trx` it is given. Awaiting the outer `db` inside it waits for ever on the embedded database, which
 * has a single connection.
 *
 * Given a transaction, `fn` joins it: the outermost call commits and repeats.
 */
export async function inTransaction<T>(
  db: Db,
  fn: (trx: Db) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  if (db.isTransaction) return await fn(db);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(fn);
    } catch (error) {
      if (attempt >= maxAttempts || !isConflict(error)) throw error;
      await clock.sleep(firstPauseMs * 2 ** (attempt - 1));
    }
  }
}

/** serialization_failure and deadlock_detected, https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40001' || error.code === '40P01');
}
