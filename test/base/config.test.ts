import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig, loadDatabaseConfig } from '../../src/base/config.ts';

const token = 'MTA5OTk5OTk5OTk5OTk5OTk5OQ.GaBcDe.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789ab';

test('needs nothing but the token', () => {
  expect(loadConfig({ DISCORD_TOKEN: token })).toEqual({
    token,
    superAdminIds: new Set(),
    databaseUrl: null,
    dataDir: './data',
    apiUrl: 'https://discord.com/api',
    logLevel: 'info',
    shards: { count: null, ids: null },
    bulk: { maxPolls: 1000, maxConcurrent: 3, maxPerAdmin: 2, timeoutMs: 1_800_000, confirmDelayMs: 5_000 },
    shares: {
      pollsPerServer: 100_000,
      previewsPerServer: 400,
      previewsPerAdmin: 100,
      requestsPerServer: 6,
      requestsPerPerson: 3,
    },
    deletedRetentionDays: 30,
    historyRetentionDays: 365,
    metrics: null,
  });
});

test('takes every variable', () => {
  const config = loadConfig({
    DISCORD_TOKEN: token,
    SUPER_ADMIN_IDS: '123456789012345678, 1234567890123456789',
    DATABASE_URL: 'postgresql://u:p@db:5432/gavel',
    DATA_DIR: '/var/lib/gavel',
    DISCORD_API_URL: 'http://127.0.0.1:4000/api/v10/',
    LOG_LEVEL: 'debug',
    METRICS_PORT: '9100',
    METRICS_HOST: '0.0.0.0',
    SHARD_COUNT: '4',
    SHARD_IDS: '2,3',
    BULK_MAX_POLLS: '10',
    BULK_MAX_CONCURRENT: '1',
    BULK_MAX_PER_ADMIN: '1',
    BULK_TIMEOUT_MINUTES: '5',
    BULK_CONFIRM_DELAY_SECONDS: '0',
    DELETED_RETENTION_DAYS: '1',
    HISTORY_RETENTION_DAYS: '90',
    MAX_POLLS_PER_SERVER: '5000',
    MAX_PREVIEWS_PER_SERVER: '50',
    MAX_PREVIEWS_PER_ADMIN: '5',
    MAX_REQUESTS_PER_SERVER: '4',
    MAX_REQUESTS_PER_PERSON: '2',
  });
  expect(config).toEqual({
    token,
    superAdminIds: new Set(['123456789012345678', '1234567890123456789']),
    databaseUrl: 'postgresql://u:p@db:5432/gavel',
    dataDir: '/var/lib/gavel',
    apiUrl: 'http://127.0.0.1:4000/api',
    logLevel: 'debug',
    shards: { count: 4, ids: [2, 3] },
    bulk: { maxPolls: 10, maxConcurrent: 1, maxPerAdmin: 1, timeoutMs: 300_000, confirmDelayMs: 0 },
    shares: {
      pollsPerServer: 5000,
      previewsPerServer: 50,
      previewsPerAdmin: 5,
      requestsPerServer: 4,
      requestsPerPerson: 2,
    },
    deletedRetentionDays: 1,
    historyRetentionDays: 90,
    metrics: { port: 9100, host: '0.0.0.0' },
  });
});

test('takes an empty variable as not set', () => {
  const config = loadConfig({
    DISCORD_TOKEN: token,
    DATABASE_URL: '',
    BULK_MAX_POLLS: ' ',
    METRICS_PORT: '',
  });
  expect(config).toMatchObject({ databaseUrl: null, bulk: { maxPolls: 1000 }, metrics: null });
});

test('names every wrong variable at once, with what was expected', () => {
  const message = refusal({
    DISCORD_TOKEN: '',
    SUPER_ADMIN_IDS: '123, everybody',
    DATABASE_URL: 'mysql://root:secret@db/gavel',
    DISCORD_API_URL: 'discord.com',
    LOG_LEVEL: 'loud',
    METRICS_PORT: '70000',
    BULK_MAX_POLLS: '1001',
    BULK_TIMEOUT_MINUTES: '1e3',
    DELETED_RETENTION_DAYS: '0',
  });
  expect(message).toContain('DISCORD_TOKEN is not set; expected the token');
  expect(message).toContain('SUPER_ADMIN_IDS is "123, everybody"; expected Discord user ids');
  expect(message).toContain('DATABASE_URL is wrong; expected postgres://');
  expect(message).toContain('DISCORD_API_URL is "discord.com"; expected an http or https URL');
  expect(message).toContain('LOG_LEVEL is "loud"; expected one of fatal, error, warn');
  expect(message).toContain('METRICS_PORT is "70000"; expected a whole number from 1 to 65535');
  expect(message).toContain('BULK_MAX_POLLS is "1001"; expected a whole number from 1 to 1000');
  expect(message).toContain('BULK_TIMEOUT_MINUTES is "1e3"; expected a whole number from 1 to 1440');
  expect(message).toContain('DELETED_RETENTION_DAYS is "0"; expected a whole number from 1 to 3650');
  expect(message).not.toContain('secret');
});

test('never repeats the token', () => {
  const message = refusal({ DISCORD_TOKEN: `Bot ${token}` });
  expect(message).toContain('DISCORD_TOKEN is wrong; expected the token');
  expect(message).not.toContain(token);
});

test.for([
  'postgres://gavel:12#34@db/gavel',
  'postgres://gavel:a#b@db/gavel',
  'postgres://gavel:a/b@db/gavel',
  'postgres://gavel:12/34@db/gavel',
  'postgres://gavel:a?b@db/gavel',
  'postgres://gavel:12?34@db/gavel',
  'postgres://gavel:50%off@db/gavel',
  'postgres://gavel:a',
])('asks for percent-encoding where a password ends too early: %s', (url) => {
  const message = refusal({ DISCORD_TOKEN: token, DATABASE_URL: url });
  expect(message).toMatch(/DATABASE_URL is wrong; .*percent-encoded \(# as %23\)/);
  expect(message.split('expected')[0]).not.toContain('gavel');
});

test.for([
  ['postgres://gavel:p%23w@db:5432/gavel', 'postgres://gavel:p%23w@db:5432/gavel'],
  ['postgres://gavel:p@w@db/gavel', 'postgres://gavel:p%40w@db/gavel'],
  ['postgres://db/gavel', `postgres://db/gavel?user=${userInfo().username}`],
  ['postgres:///gavel?user=me', 'postgres:///gavel?user=me'],
  ['postgres://me:pw@/gavel?host=/run/postgresql', 'postgres://me:pw@localhost/gavel?host=/run/postgresql'],
  ['postgres://me@db/gavel?sslmode=require', 'postgres://me@db/gavel?sslmode=verify-full'],
  ['postgres://me@db/gavel?sslmode=no-verify', 'postgres://me@db/gavel?sslmode=no-verify'],
])('takes the database’s URL with all that pg would look for elsewhere: %s', ([given, taken]) => {
  expect(loadDatabaseConfig({ DATABASE_URL: given }).databaseUrl).toBe(taken);
});

// Only root may become a user that nobody has named.
test.runIf(process.getuid?.() === 0)(
  'asks for a user in the database’s URL where the process’ own has no name',
  () => {
    const script = `
    const { loadDatabaseConfig } = await import(${JSON.stringify(import.meta.resolve('../../src/base/config.ts'))});
    process.seteuid(54321);
    const said = (url) => { try { return loadDatabaseConfig({ DATABASE_URL: url }).databaseUrl } catch ({ message }) { return message } };
    console.log(['postgres://db/gavel', 'postgres://me@db/gavel', 'mysql://db/gavel'].map(said).join('\\n'));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter((line) => line !== 'The configuration is wrong:')).toEqual([
      expect.stringMatching(/^ {2}DATABASE_URL is wrong; expected a user in it, postgres:.* has no name/),
      'postgres://me@db/gavel',
      expect.stringMatching(/^ {2}DATABASE_URL is wrong; expected postgres:.* percent-encoded/),
      '',
    ]);
  },
);

test('refuses shards that cannot exist', () => {
  expect(refusal({ DISCORD_TOKEN: token, SHARD_IDS: '0' })).toContain('SHARD_COUNT is not set');
  expect(refusal({ DISCORD_TOKEN: token, SHARD_COUNT: '2', SHARD_IDS: '1,2' })).toContain(
    'SHARD_IDS is "1,2"; expected shard numbers below SHARD_COUNT (0 to 1)',
  );
  expect(refusal({ DISCORD_TOKEN: token, SHARD_COUNT: '2', SHARD_IDS: '1,1' })).toContain('each once');
});

function refusal(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
}

test('repeats no password of a proxy', () => {
  const said = refusal({ DISCORD_TOKEN: token, DISCORD_API_URL: 'https://gavel:hunter2@proxy/api' });
  expect(said).toContain('DISCORD_API_URL is wrong; expected an http or https URL');
  expect(said).not.toContain('hunter2');
});
