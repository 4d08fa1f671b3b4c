import type { z } from 'zod';
import { databaseUrl } from './database-url.ts';
import { isDiscordId } from './display/discord-id.ts';
import { logLevels } from './log.ts';
import { list, urlWith, variable, wholeNumber } from './variable.ts';

export interface Variable {
  readonly schema: z.ZodType<unknown, string | undefined>;
  /** The text after the name in the README, and above it in `.env.example`: Markdown, without a full stop. */
  readonly means: string;
  /** What holds if it is not set, unless the schema has a default that says it. */
  readonly unset?: string;
  /** Its value is never repeated. */
  readonly secret?: boolean;
}

/**
 * Every variable of the environment that the bot reads. `npm run format` writes the table in README.md and
 * `.env.example` from this list.
 */
export const variables = {
  DISCORD_TOKEN: {
    schema: variable(
      'the token from the Bot page of https://discord.com/developers/applications, without "Bot " before it',
      (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
    ),
    means: "the bot's token",
    secret: true,
  },
  SUPER_ADMIN_IDS: {
    schema: variable('Discord user ids (17 to 20 digits), each once, with commas between', (text) =>
      list(text, snowflake),
    ).default([]),
    means: 'the users who may act on the polls of every server',
    unset: 'nobody',
  },
  DATABASE_URL: {
    schema: databaseUrl().optional(),
    means: 'a PostgreSQL server, `postgres://user:password@host:5432/database`. Several processes need one',
    unset: 'the embedded database',
    secret: true,
  },
  DATA_DIR: {
    schema: variable('a directory', (text) => text).default('./data'),
    means: 'where the embedded database is kept. One process owns it at a time',
  },
  DISCORD_API_URL: {
    schema: variable('an http or https URL such as https://discord.com/api', (text) => {
      const url = urlWith(['http:', 'https:'], text);
      if (url === undefined || url.search !== '' || url.hash !== '' || url.username !== '') return undefined;
      return url.href.replace(/\/+$/, '').replace(/\/v10$/, '');
    }).default('https://discord.com/api'),
    means: "where Discord's API is: a proxy, or the stand-in to try things without a token",
  },
  LOG_LEVEL: {
    schema: variable(`one of ${logLevels.join(', ')}`, (text) =>
      logLevels.find((level) => level === text),
    ).default('info'),
    means: `how much is logged, as one JSON object a line on stdout: ${logLevels.join(', ')}`,
  },
  METRICS_PORT: {
    schema: wholeNumber(1, 65_535).optional(),
    means:
      'serves `/metrics` for Prometheus, `/healthz` and `/readyz` on this port: see [running Gavel](docs/operations.md)',
    unset: 'off',
  },
  METRICS_HOST: {
    schema: variable('a host name or an address to listen on', (text) =>
      /^[\w.:-]+$/.test(text) ? text : undefined,
    ).default('127.0.0.1'),
    means: 'where that port listens. By default only this machine can reach it',
  },
  SHARD_COUNT: {
    schema: wholeNumber(1, 10_000).optional(),
    means: 'the number of shards, over all processes',
    unset: 'what Discord recommends',
  },
  SHARD_IDS: {
    schema: variable('shard numbers counted from 0, each once, with commas between', (text) =>
      list(text, (item) => (/^\d{1,5}$/.test(item) ? Number(item) : undefined)),
    ).optional(),
    means: 'the shards of this process, counted from 0. It needs `SHARD_COUNT`',
    unset: 'all of them',
  },
  BULK_MAX_POLLS: { schema: wholeNumber(1, 1_000).default(1_000), means: 'polls in one operation' },
  BULK_MAX_CONCURRENT: {
    schema: wholeNumber(1, 20).default(3),
    means: 'operations at once, over all processes. The rest queue, and servers take turns',
  },
  BULK_MAX_PER_ADMIN: {
    schema: wholeNumber(1, 20).default(2),
    means: 'operations of one admin at once',
  },
  BULK_TIMEOUT_MINUTES: {
    schema: wholeNumber(1, 1_440).default(30),
    means: 'an operation that runs longer is ended as `timed out`. Pauses do not count',
  },
  BULK_CONFIRM_DELAY_SECONDS: {
    schema: wholeNumber(0, 300).default(5),
    means: 'how long `Confirm` stays disabled if an operation destroys something: time to read what it does',
  },
  MAX_POLLS_PER_SERVER: {
    schema: wholeNumber(1, 100_000_000).default(100_000),
    means: 'polls that one server may have. Deleted ones count until they are purged',
  },
  MAX_PREVIEWS_PER_SERVER: {
    schema: wholeNumber(1, 100_000).default(400),
    means: 'previews of one server that may be open at once',
  },
  MAX_PREVIEWS_PER_ADMIN: {
    schema: wholeNumber(1, 100_000).default(100),
    means: 'previews of one admin that may be open at once',
  },
  MAX_REQUESTS_PER_SERVER: {
    schema: wholeNumber(1, 100).default(6),
    means:
      'requests of one server that search or plan at once. More wait their turn, so that nobody else does',
  },
  MAX_REQUESTS_PER_PERSON: {
    schema: wholeNumber(1, 100).default(3),
    means: 'requests of one person that search or plan at once. More wait their turn',
  },
  DELETED_RETENTION_DAYS: {
    schema: wholeNumber(1, 3_650).default(30),
    means: 'how long deleted polls are kept. A delete can be undone for a day',
  },
  HISTORY_RETENTION_DAYS: {
    schema: wholeNumber(1, 36_500).default(365),
    means: 'how long ended operations and their reports are kept. The audit trail is kept for ever',
  },
} satisfies Readonly<Record<string, Variable>>;

/** https://discord.com/developers/docs/reference#snowflakes */
function snowflake(text: string): string | undefined {
  return isDiscordId(text) ? text : undefined;
}
