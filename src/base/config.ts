import { z } from 'zod';
import type { Environment } from './environment.ts';
import { CannotStart } from './errors.ts';
import type { LogLevel } from './log.ts';
import { type Variable, variables } from './variables.ts';

export interface Config {
  readonly token: string;
  readonly superAdminIds: ReadonlySet<string>;
  /** Null: the embedded database under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Without a slash or version at the end, as the REST client wants it. */
  readonly apiUrl: string;
  readonly logLevel: LogLevel;
  /** Null: as many as Discord recommends, all of them in this process. */
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

/** The configuration cannot be used. The message has a line for each wrong variable, and no secret in it. */
export class ConfigError extends CannotStart {
  override readonly name = 'ConfigError';
}

/** Checks every variable and reports all wrong ones at once. An empty one counts as not set. Throws `ConfigError`. */
export function loadConfig(env: Environment): Config {
  const value = checked(allVariables, env);
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

/** Only the place of the database, for programs that need nothing else. Throws `ConfigError`. */
export function loadDatabaseConfig(env: Environment): Pick<Config, 'databaseUrl' | 'dataDir'> {
  const value = checked(databaseVariables, env);
  return { databaseUrl: value.DATABASE_URL ?? null, dataDir: value.DATA_DIR };
}

const { DATABASE_URL, DATA_DIR } = schemas(variables);
const databaseVariables = z.object({ DATABASE_URL, DATA_DIR });

const allVariables = z
  .object(schemas(variables))
  .superRefine(({ SHARD_COUNT: count, SHARD_IDS: ids }, context) => {
    if (ids === undefined) return;
    const refuse = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (count === undefined) refuse('SHARD_COUNT', 'the number of all shards, because SHARD_IDS is set');
    else if (ids.some((id) => id >= count)) {
      refuse('SHARD_IDS', `shard numbers below SHARD_COUNT (0 to ${count - 1})`);
    }
  });

function schemas<V extends Readonly<Record<string, { readonly schema: z.ZodType }>>>(of: V) {
  const entries = Object.entries(of).map(([name, { schema }]) => [name, schema]);
  return Object.fromEntries(entries) as { [N in keyof V]: V[N]['schema'] };
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

function complaint(name: string, expected: string, set: Record<string, string>): string {
  const { secret = false }: Variable = variables[name as keyof typeof variables];
  const value = set[name];
  if (value === undefined) return `  ${name} is not set; expected ${expected}`;
  // An address may hold a proxy's password.
  const shown = secret || value.includes('@') ? 'wrong' : JSON.stringify(value);
  return `  ${name} is ${shown}; expected ${expected}`;
}
