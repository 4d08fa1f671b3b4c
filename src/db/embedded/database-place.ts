import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface DatabaseConfig {
  /** A PostgreSQL server; null for the embedded database. */
  readonly databaseUrl: string | null;
  /** Where the embedded database lives. */
  readonly dataDir: string;
}

/** The directory of the embedded database itself. Beside it are the owner's lock and whatever is being made. */
export function embeddedDirectory(dataDir: string): string {
  return join(dataDir, 'database');
}

/** What opening the database is about to do, for the first line of the log. Holds no password. */
export function openingDatabase({ databaseUrl, dataDir }: DatabaseConfig): string {
  if (databaseUrl !== null) return `connecting to the database at ${serverName(databaseUrl)}`;
  return existsSync(embeddedDirectory(dataDir))
    ? `opening the embedded database in ${dataDir}`
    : `preparing the embedded database in ${dataDir} (the first start takes about 20 s)`;
}

/** Host, port and database of a URL, without user and password. */
export function serverName(databaseUrl: string): string {
  const { hostname, port, pathname, searchParams } = new URL(databaseUrl);
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname);
  return `${host}${port === '' ? '' : `:${port}`}${pathname === '/' ? '' : pathname}`;
}
