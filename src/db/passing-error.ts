/** Of PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const passingStates = new Set([
  '25006', // read_only_sql_transaction: the server we knew is a standby now
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled: it took too long
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
]);
/** Of the network, https://nodejs.org/api/errors.html#common-system-errors */
const passingFailures = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
/** What pg 8 says of a connection without giving a code. */
const passingMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/**
 * Whether the database may take the same statement in a moment: it is away, its connection broke, or another transaction
 * was in the way. What became of the statement is unknown.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isPassing);
  const code = 'code' in error ? String(error.code) : '';
  return (
    passingStates.has(code) ||
    passingFailures.has(code) ||
    code.startsWith('08') ||
    passingMessages.test(error.message)
  );
}
