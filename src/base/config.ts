import { userInfo } from 'node:os';
import { z } from 'zod';
import type { Environment } from './environment.ts';
import { CannotStart } from './errors.ts';
import { type LogLevel, logLevels } from './log.ts';

export interface Config {
  readonly token: string;
  readonly superAdminIds: ReadonlySet<string>;
  /** Null: the embedded database under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Without a slash or version at the end, as the REST client wants it. */
  readonly apiUrl: string;
  readonly logLevel: LogLevel;
  /** Null: as many as Discord recommends; all of them in this process. */
  readonly shards: { readonly count: number | null; readonly ids: readonly number[] | null };
  readonly bulk: {
    readonly maxPolls: number;
    readonly maxConcurrent: number;
    readonly maxPerAdmin: number;
    readonly timeoutMs: number;
    readonly confirmDelayMs: number;
  };
  /** What one server or person may make the bot keep and compute. */
  readonly shares: {
    readonly pollsPerServer: number;
    readonly previewsPerServer: number;
    readonly previewsPerAdmin: number;
    readonly requestsPerServer: number;
    readonly requestsPerPerson: number;
  };
  readonly deletedRetentionDays: number;
  readonly historyRetentionDays: number;
  readonly metrics: { readonly port: number; readonly host: string } | null;
}

/** The configuration cannot be used; the message has a line for each wrong variable, and no secret in it. */
export class ConfigError extends CannotStart {
  override readonly name = 'ConfigError';
}

/** Checks every variable, the wrong ones all at once. An empty one counts as not set. Throws `ConfigError`. */
export function loadConfig(env: Environment): Config {
  const value = checked(variables, env);
  return {
    token: value.DISCORD_TOKEN,
    superAdminIds: new Set(value.SUPER_ADMIN_IDS),
    databaseUrl: value.DATABASE_URL ?? null,
    dataDir: value.DATA_DIR,
    apiUrl: value.DISCORD_API_URL,
    logLevel: value.LOG_LEVEL,
    shards: { count: value.SHARD_COUNT ?? null, ids: value.SHARD_IDS ?? null },
    bulk: {
      maxPolls: value.BULK_MAX_POLLS,
      maxConcurrent: value.BULK_MAX_CONCURRENT,
      maxPerAdmin: value.BULK_MAX_PER_ADMIN,
      timeoutMs: value.BULK_TIMEOUT_MINUTES * 60_000,
      confirmDelayMs: value.BULK_CONFIRM_DELAY_SECONDS * 1_000,
    },
    shares: {
      pollsPerServer: value.MAX_POLLS_PER_SERVER,
      previewsPerServer: value.MAX_PREVIEWS_PER_SERVER,
      previewsPerAdmin: value.MAX_PREVIEWS_PER_ADMIN,
      requestsPerServer: value.MAX_REQUESTS_PER_SERVER,
      requestsPerPerson: value.MAX_REQUESTS_PER_PERSON,
    },
    deletedRetentionDays: value.DELETED_RETENTION_DAYS,
    historyRetentionDays: value.HISTORY_RETENTION_DAYS,
    metrics: value.METRICS_PORT === undefined ? null : { port: value.METRICS_PORT, host: value.METRICS_HOST },
  };
}

/** Only where the database is, for what needs nothing else. Throws `ConfigError`. */
export function loadDatabaseConfig(env: Environment): Pick<Config, 'databaseUrl' | 'dataDir'> {
  const value = checked(z.object(databaseVariables), env);
  return { databaseUrl: value.DATABASE_URL ?? null, dataDir: value.DATA_DIR };
}

function checked<T>(schema: z.ZodType<T>, env: Environment): T {
  const set = Object.fromEntries(
    Object.entries(env)
      .map(([name, value]) => [name, value?.trim()] as const)
      .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  const result = schema.safeParse(set);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => complaint(String(issue.path[0]), issue.message, set));
  throw new ConfigError(['The configuration is wrong:', ...lines].join('\n'));
}

const secrets = new Set(['DISCORD_TOKEN', 'DATABASE_URL']);

function complaint(name: string, expected: string, set: Record<string, string>): string {
  const value = set[name];
  if (value === undefined) return `  ${name} is not set; expected ${expected}`;
  // An address may hold a proxy's password.
  const secret = secrets.has(name) || value.includes('@');
  return `  ${name} is ${secret ? 'wrong' : JSON.stringify(value)}; expected ${expected}`;
}

/** A variable whose text `parse` understands, or answers with undefined. `expected` completes "expected …". */
function variable<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string({ error: expected }).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

function wholeNumber(min: number, max: number) {
  return variable(`a whole number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^\d{1,9}$/.test(text) && value >= min && value <= max ? value : undefined;
  });
}

function list<T>(text: string, parse: (item: string) => T | undefined): T[] | undefined {
  const items = text.split(',').map((item) => parse(item.trim()));
  const valid = items.filter((item) => item !== undefined);
  return valid.length === items.length && new Set(valid).size === valid.length ? valid : undefined;
}

/** https://discord.com/developers/docs/reference#snowflakes */
function snowflake(text: string): string | undefined {
  return /^\d{17,20}$/.test(text) ? text : undefined;
}

function urlWith(protocols: readonly string[], text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return protocols.includes(url.protocol) ? url : undefined;
}

/** How a URL is to be read whose user or password has characters of the URL's own (https://www.rfc-editor.org/rfc/rfc3986#section-2.2). */
const databaseUrlExpected =
  'postgres://user:password@host:5432/database; characters of the password such as # / ? % @ are written ' +
  'percent-encoded (# as %23), or they end it too early';

/**
 * With what pg would look for elsewhere. What is left out is localhost, 5432, and the user's name for the database
 * (https://www.postgresql.org/docs/current/libpq-connect.html). `sslmode` is written as what pg makes of it, so that it does
 * not warn of it.
 */
function databaseUrl(text: string): string | undefined {
  // A user without a host is common with sockets, and not a URL to the standard.
  const url = urlWith(['postgres:', 'postgresql:'], text.replace('@/', '@localhost/'));
  if (url === undefined || url.hash !== '' || !isDecodable(url)) return undefined;
  // What is behind the host would be the rest of a password.
  if (`${url.pathname}${url.search}`.includes('@')) return undefined;
  const query = url.searchParams;
  const verifies = ['prefer', 'require', 'verify-ca'].includes(query.get('sslmode') ?? '');
  if (verifies && !query.has('uselibpqcompat')) query.set('sslmode', 'verify-full');
  return url.href;
}

const databaseUserExpected =
  'a user in it, postgres://user:password@host:5432/database, as the user who runs Gavel has no name on this system';

/** With a user: pg would take one from the environment, and libpq takes that of the process. */
function withUser(text: string): string | undefined {
  const url = new URL(text);
  if (url.username !== '' || url.searchParams.has('user')) return text;
  const name = processUser();
  if (name === undefined) return undefined;
  url.searchParams.set('user', name);
  return url.href;
}

/** Undefined: it has a number alone, as in a container that runs as any. */
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

const databaseVariables = {
  DATABASE_URL: variable(databaseUrlExpected, databaseUrl)
    .pipe(variable(databaseUserExpected, withUser))
    .optional(),
  DATA_DIR: z.string().default('./data'),
};

const variables = z
  .object({
    DISCORD_TOKEN: variable(
      'the token from the Bot page of https://discord.com/developers/applications, without "Bot " before it',
      (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
    ),
    SUPER_ADMIN_IDS: variable('Discord user ids (17 to 20 digits), each once, with commas between', (text) =>
      list(text, snowflake),
    ).default([]),
    ...databaseVariables,
    DISCORD_API_URL: variable('an http or https URL such as https://discord.com/api', (text) => {
      const url = urlWith(['http:', 'https:'], text);
      if (url === undefined || url.search !== '' || url.hash !== '' || url.username !== '') return undefined;
      return url.href.replace(/\/+$/, '').replace(/\/v10$/, '');
    }).default('https://discord.com/api'),
    LOG_LEVEL: variable(`one of ${logLevels.join(', ')}`, (text) =>
      logLevels.find((level) => level === text),
    ).default('info'),
    METRICS_PORT: wholeNumber(1, 65_535).optional(),
    METRICS_HOST: variable('a host name or an address to listen on', (text) =>
      /^[\w.:-]+$/.test(text) ? text : undefined,
    ).default('127.0.0.1'),
    SHARD_COUNT: wholeNumber(1, 10_000).optional(),
    SHARD_IDS: variable('shard numbers counted from 0, each once, with commas between', (text) =>
      list(text, (item) => (/^\d{1,5}$/.test(item) ? Number(item) : undefined)),
    ).optional(),
    BULK_MAX_POLLS: wholeNumber(1, 1_000).default(1_000),
    BULK_MAX_CONCURRENT: wholeNumber(1, 20).default(3),
    BULK_MAX_PER_ADMIN: wholeNumber(1, 20).default(2),
    BULK_TIMEOUT_MINUTES: wholeNumber(1, 1_440).default(30),
    BULK_CONFIRM_DELAY_SECONDS: wholeNumber(0, 300).default(5),
    MAX_POLLS_PER_SERVER: wholeNumber(1, 100_000_000).default(100_000),
    MAX_PREVIEWS_PER_SERVER: wholeNumber(1, 100_000).default(400),
    MAX_PREVIEWS_PER_ADMIN: wholeNumber(1, 100_000).default(100),
    MAX_REQUESTS_PER_SERVER: wholeNumber(1, 100).default(6),
    MAX_REQUESTS_PER_PERSON: wholeNumber(1, 100).default(3),
    DELETED_RETENTION_DAYS: wholeNumber(1, 3_650).default(30),
    HISTORY_RETENTION_DAYS: wholeNumber(1, 36_500).default(365),
  })
  .superRefine(({ SHARD_COUNT: count, SHARD_IDS: ids }, context) => {
    if (ids === undefined) return;
    const refuse = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (count === undefined) refuse('SHARD_COUNT', 'the number of all shards, because SHARD_IDS is set');
    else if (ids.some((id) => id >= count)) {
      refuse('SHARD_IDS', `shard numbers below SHARD_COUNT (0 to ${count - 1})`);
    }
  });
