import { CannotStart, inShort } from '../base/errors.ts';
import type { Hiccup } from '../base/patience.ts';
import { ConnectionLost } from './server/database-fault.ts';

/** Why a PostgreSQL server cannot be used. */
interface DatabaseProblem {
  /** What happened, without a full stop. No password is in it. */
  readonly what: string;
  /** What to do next, in a sentence or two. */
  readonly next: string;
  /** How long to wait for it to pass by itself, in milliseconds; 0: it will not. */
  readonly patienceMs: number;
}

/**
 * What an error of pg means to the person who starts the program. SQLSTATE codes:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html; Node's:
 * https://nodejs.org/api/errors.html#common-system-errors and
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes.
 */
function databaseProblem(error: unknown): DatabaseProblem {
  const what = inShort(error instanceof ConnectionLost ? (error.cause ?? error) : error);
  const found = problems.find(({ is }) => codesOf(error).some((code) => is.test(code)) || is.test(what));
  return {
    what,
    next: found?.next ?? 'Look at DATABASE_URL and at the log of the server.',
    patienceMs: found?.patienceMs ?? (found === undefined && error instanceof ConnectionLost ? shortMs : 0),
  };
}

/** Why a start ends at the database server. `doing`: `Cannot bring the database up to date`. */
export function databaseRefusal(doing: string, error: unknown): CannotStart {
  if (error instanceof CannotStart) return error;
  const { what, next } = databaseProblem(error);
  return new CannotStart(`${doing}: ${what}. ${next}`, { cause: error });
}

/** For `patiently`. */
export function databaseHiccup(error: unknown): Hiccup | null {
  if (error instanceof CannotStart) return null;
  const { what, patienceMs } = databaseProblem(error);
  return patienceMs === 0 ? null : { reason: what, patienceMs };
}

const encoding =
  'characters such as # / ? % @ in the password are written percent-encoded in DATABASE_URL (# as %23)';
/** How long to wait for a server that is being started or replaced, in ms. */
const shortMs = 10_000;

const problems: readonly { readonly is: RegExp; readonly next: string; readonly patienceMs?: number }[] = [
  {
    is: /password authentication failed/,
    next: `Correct user and password in DATABASE_URL; ${encoding}.`,
  },
  {
    is: /password must be a (non-empty )?string|empty password/,
    next: 'The server asks for a password: DATABASE_URL is postgres://user:password@host:5432/database.',
  },
  {
    is: /no pg_hba\.conf entry.*no encryption/,
    next: 'The server lets this user in only if the connection is encrypted: add ?sslmode=require to DATABASE_URL.',
  },
  { is: /^28/, next: 'Correct the user in DATABASE_URL, or let it in at the server (pg_hba.conf).' },
  { is: /^3D000$/, next: 'Create that database, or correct the name at the end of DATABASE_URL.' },
  { is: /^42501$/, next: 'Give the user that right, or use the owner of the database in DATABASE_URL.' },
  {
    is: /^25006$/,
    next: 'It is a standby or set to read only: use the address of the primary in DATABASE_URL.',
  },
  { is: /^57P03$/, next: 'The server is starting or stopping: try again later.', patienceMs: 60_000 },
  {
    is: /^53300$/,
    next:
      'A process takes up to 17 connections: raise max_connections at the server or the limit of the user or database, or end what ' +
      'holds too many.',
    patienceMs: shortMs,
  },
  {
    is: /^08|^57P0[12]$|^ECONNRESET$|^EPIPE$|[Cc]onnection terminated unexpectedly/,
    next: 'See that a PostgreSQL server listens there, and what its log says.',
    patienceMs: shortMs,
  },
  {
    is: /^ECONNREFUSED$/,
    next: 'Nothing listens there: start PostgreSQL, or correct host and port in DATABASE_URL.',
    patienceMs: shortMs,
  },
  { is: /^EAI_AGAIN$/, next: 'Names cannot be looked up: check the network.', patienceMs: shortMs },
  {
    is: /^ENOTFOUND$/,
    next: `There is no such host: correct it in DATABASE_URL. If it is not the host that you mean: ${encoding}.`,
  },
  {
    is: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$|timeout/i,
    next: 'Nothing answered there: check host and port in DATABASE_URL, and whether a firewall is in between.',
    patienceMs: shortMs,
  },
  {
    is: /does not support SSL/,
    next: 'Take sslmode out of DATABASE_URL, or turn on ssl at the server.',
  },
  {
    is: /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|certificate/,
    next:
      'If an authority of your own issued the certificate, name its file: ?sslmode=verify-full&sslrootcert=/path/to/ca.crt in ' +
      'DATABASE_URL; ?sslmode=no-verify encrypts without looking at it.',
  },
  {
    is: /^ENOENT$|^EACCES$/,
    next: 'Correct the path of the file that DATABASE_URL names (sslrootcert, sslcert, sslkey, or host).',
  },
];

/** The codes of the error and of what it wraps: an address that was tried at several hosts, a cause. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error ? [String(error.code)] : [];
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return [...own, ...inner.flatMap(codesOf)];
}
