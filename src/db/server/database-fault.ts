/**
 * What an error says about trying again. `conflict`: the server gave up this one (deadlock, serialization, a lock not
 * had in time, cancelled) and undid all of it. `away`: the connection or the server is not there, or cannot be
 * written to. Then a statement under way, even a COMMIT, may have been carried out.
 */
export type DatabaseFault = 'conflict' | 'away';

/** The connection was lost. What was sent over it may have been carried out or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const conflicts: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '57014', // query_canceled
  '55P03', // lock_not_available
]);
/** too_many_connections, of the server, the database or the user. */
const full = '53300';
const away: ReadonlySet<string> = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  full,
]);
/** read_only_sql_transaction: the former primary is a standby now, or the primary is somewhere else. */
const readOnly = '25006';

/** Null: trying again would not help. */
export function databaseFault(error: unknown): DatabaseFault | null {
  if (error instanceof ConnectionLost) return 'away';
  const state = sqlState(error);
  if (state === null) return null;
  if (conflicts.has(state)) return 'conflict';
  // 08: connection exceptions. Poolers in between use these too.
  return away.has(state) || isReadOnly(error) || state.startsWith('08') ? 'away' : null;
}

/** Whether the server can only be read. */
export function isReadOnly(error: unknown): boolean {
  return sqlState(error) === readOnly;
}

/** Whether the server refuses a connection because there are too many. */
export function isFull(error: unknown): boolean {
  return sqlState(error) === full;
}

/** The five characters that PostgreSQL gives its errors; null for every other error. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Whether the session ended with the error. */
export function endsSession(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'FATAL';
}
