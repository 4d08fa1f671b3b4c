import type { Transaction } from 'kysely';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Db, Schema } from './schema.ts';
import { patienceMs, repeated } from './server/repeated.ts';

/** A transaction under way. What takes one must be in a transaction: it locks, or belongs to what is committed together. */
export type Trx = Transaction<Schema>;

/**
 * Runs `fn`, which only reads, in one transaction that sees the database as of one moment. It is repeated as
 * `inTransaction` is. The embedded database has a single session, so nothing changes there meanwhile.
 */
export async function inSnapshot<T>(db: Db, fn: (trx: Trx) => Promise<T>): Promise<T> {
  return await repeated(() => db.transaction().setIsolationLevel('repeatable read').execute(fn));
}

/**
 * Runs `fn` in one transaction. Runs all of it again if the database gave it up for a conflict, or was away.
 *
 * So `fn` may run more than once: it changes nothing but the database, and uses only the `trx` that it is given. It
 * may even run again after it was committed, if the answer to COMMIT was lost. Then it must find that nothing is left
 * to do, or do the same again; `again` says that this may be so. Awaiting the outer `db` inside `fn` waits for ever
 * on the embedded database, which has a single connection.
 *
 * Given a transaction, `fn` joins it: the outermost call commits and repeats.
 */
export async function inTransaction<T>(
  db: Db,
  fn: (trx: Trx, again: boolean) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  if (isTrx(db)) return await fn(db, false);
  let again = false;
  const once = () =>
    db.transaction().execute(async (trx) => {
      const result = await fn(trx, again);
      // From here on only COMMIT can fail.
      again = true;
      return result;
    });
  return await repeated(once, patienceMs, clock);
}

function isTrx(db: Db): db is Trx {
  return db.isTransaction;
}
