import { DiskFull } from './embedded/free-space.ts';
import { databaseFault, sqlState } from './server/database-fault.ts';

/** Whether an error is the database's own trouble. It passes by itself, or when its operator acts. */
export function isDatabaseAway(error: unknown): boolean {
  if (databaseFault(error) !== null || error instanceof DiskFull) return true;
  const state = sqlState(error);
  // 53: insufficient resources; 55P03: lock_not_available; 57: operator intervention; 58: system error
  // (https://www.postgresql.org/docs/current/errcodes-appendix.html).
  return state !== null && (/^(53|57|58)/.test(state) || state === '55P03');
}

/**
 * The level at which an error is logged if it is waited out. An error that is not the database's is the program's
 * own.
 */
export function levelOf(error: unknown): 'warn' | 'error' {
  return isDatabaseAway(error) ? 'warn' : 'error';
}
