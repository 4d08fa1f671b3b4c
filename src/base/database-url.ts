import { userInfo } from 'node:os';
import { urlWith, variable } from './variable.ts';

/** `DATABASE_URL`, as pg understands it without looking elsewhere: with a user, a host and a mode for TLS. */
export function databaseUrl() {
  return variable(urlExpected, completeUrl).pipe(variable(userExpected, withUser));
}

/**
 * What is expected of a URL whose user or password has characters that mean something in URLs
 * (https://www.rfc-editor.org/rfc/rfc3986#section-2.2).
 */
const urlExpected =
  'postgres://user:password@host:5432/database; characters of the password such as # / ? % @ are written ' +
  'percent-encoded (# as %23), or they end it too early';

/**
 * The URL, completed with what pg would look for elsewhere. The defaults are localhost, 5432, and the user's name for
 * the database (https://www.postgresql.org/docs/current/libpq-connect.html). `sslmode` is written as pg takes it, so
 * that pg does not warn.
 */
function completeUrl(text: string): string | undefined {
  // A user without a host is common with sockets, but no URL by the standard.
  const url = urlWith(['postgres:', 'postgresql:'], text.replace('@/', '@localhost/'));
  if (url === undefined || url.hash !== '' || !isDecodable(url)) return undefined;
  // What follows the host would be the rest of a password.
  if (`${url.pathname}${url.search}`.includes('@')) return undefined;
  const query = url.searchParams;
  const verifies = ['prefer', 'require', 'verify-ca'].includes(query.get('sslmode') ?? '');
  if (verifies && !query.has('uselibpqcompat')) query.set('sslmode', 'verify-full');
  return url.href;
}

const userExpected =
  'a user in it, postgres://user:password@host:5432/database, as the user who runs Gavel has no name on this system';

/** The URL with a user. Without one pg would take it from the environment, and libpq the user of the process. */
function withUser(text: string): string | undefined {
  const url = new URL(text);
  if (url.username !== '' || url.searchParams.has('user')) return text;
  const name = processUser();
  if (name === undefined) return undefined;
  url.searchParams.set('user', name);
  return url.href;
}

/** The user's name; undefined if it has a number alone, as in a container that runs as any user. */
function processUser(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR') return undefined;
    throw error;
  }
}

function isDecodable(url: URL): boolean {
  try {
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
