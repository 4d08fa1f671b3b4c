import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BotProcess } from '../../../sandbox/machine/bot-process.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { startScene } from '../../support/bot-scene.ts';
import { freshPostgresUrl } from '../../support/databases.ts';
import { connectPostgres } from '../../support/postgres-databases.ts';

const token = 'MTE5MTE2ODkxNDIyNzIwMDA1MQ.secret.Uhr-Werk_0123456789abcdefghijklmnop';

let sandbox: Sandbox;
let directory: string;
beforeAll(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  directory = await mkdtemp(join(tmpdir(), 'gavel-environment-'));
});
afterAll(async () => {
  await sandbox?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Starts a bot that cannot start. Returns all that it said on both streams. */
async function refusal(
  env: Record<string, string>,
  cwd = directory,
): Promise<{ code: number | null; said: string; all: string }> {
  const bot = new BotProcess(
    {
      DISCORD_TOKEN: token,
      DISCORD_API_URL: sandbox.apiUrl,
      DATA_DIR: join(directory, randomUUID()),
      ...env,
    },
    cwd,
  );
  try {
    const code = await bot.exited();
    return { code, said: bot.stderr, all: bot.stderr + JSON.stringify(bot.log) };
  } finally {
    await bot.kill('SIGKILL');
  }
}

const wrong = {
  DISCORD_TOKEN: 'Bot abc',
  SUPER_ADMIN_IDS: '1191168914227200051, Ada',
  DATABASE_URL: 'mysql://gavel:hunter2@db/gavel',
  DISCORD_API_URL: 'discord.com/api',
  LOG_LEVEL: 'loud',
  METRICS_PORT: '70000',
  METRICS_HOST: 'two hosts',
  SHARD_COUNT: '0',
  SHARD_IDS: '0,x',
  BULK_MAX_POLLS: '1001',
  BULK_MAX_CONCURRENT: '0',
  BULK_MAX_PER_ADMIN: '-1',
  BULK_TIMEOUT_MINUTES: '0.5',
  BULK_CONFIRM_DELAY_SECONDS: '5s',
  DELETED_RETENTION_DAYS: '0',
  HISTORY_RETENTION_DAYS: 'never',
};

describe.concurrent('the bot does not start, says why in a sentence, and keeps secrets to itself', () => {
  test('where variables are wrong: each is named, with what was expected', async ({ expect }) => {
    const { code, said, all } = await refusal(wrong);
    expect(code).toBe(1);
    for (const name of Object.keys(wrong))
      expect(said).toMatch(new RegExp(`^ +${name} is .*; expected `, 'm'));
    expect(said).not.toContain('    at ');
    expect(all).not.toContain('hunter2');
    expect(all).not.toContain('Bot abc');
  });

  test('where the token is not set', async ({ expect }) => {
    const { code, said } = await refusal({ DISCORD_TOKEN: '' });
    expect(code).toBe(1);
    expect(said).toContain('DISCORD_TOKEN is not set');
  });

  test('where .env is wrong', async ({ expect }) => {
    const own = await mkdtemp(join(directory, 'wrong-'));
    await writeFile(join(own, '.env'), 'SUPER_ADMIN_IDS=me\nBULK_MAX_POLLS=many\n');
    const { code, said } = await refusal({}, own);
    expect(code).toBe(1);
    for (const name of ['SUPER_ADMIN_IDS', 'BULK_MAX_POLLS']) expect(said).toContain(name);
  });

  test('where .env cannot be read, as a directory that a container’s mount made', async ({ expect }) => {
    const own = await mkdtemp(join(directory, 'mount-'));
    await mkdir(join(own, '.env'));
    const { code, said } = await refusal({}, own);
    expect(code).toBe(1);
    expect(said).toContain('Cannot read .env in the working directory: EISDIR');
    expect(said).not.toContain('    at ');
  });

  test.for(['utf-16le', 'utf-16be'])(
    'where .env is wrong, in %s as PowerShell writes it',
    async (encoding, { expect }) => {
      const own = await mkdtemp(join(directory, 'utf16-'));
      const bytes = Buffer.from('\uFEFFSUPER_ADMIN_IDS=me\r\nBULK_MAX_POLLS=many\r\n', 'utf16le');
      await writeFile(join(own, '.env'), encoding === 'utf-16le' ? bytes : bytes.swap16());
      const { code, said } = await refusal({}, own);
      expect(code).toBe(1);
      expect(said).toContain('SUPER_ADMIN_IDS is "me"; expected');
      expect(said).toContain('BULK_MAX_POLLS is "many"; expected');
    },
  );

  test('where .env is no text', async ({ expect }) => {
    const own = await mkdtemp(join(directory, 'binary-'));
    await writeFile(join(own, '.env'), Buffer.from('SUPER_ADMIN_IDS=me\r\n', 'utf16le'));
    const { code, said } = await refusal({}, own);
    expect(code).toBe(1);
    expect(said).toContain('Cannot read .env in the working directory: it is no text in UTF-8.');
  });

  test('where Discord refuses the token: DISCORD_TOKEN is named', async ({ expect }) => {
    const { code, said, all } = await refusal({ DATABASE_URL: await freshPostgresUrl() });
    expect(code).toBe(1);
    expect(said).toContain('DISCORD_TOKEN');
    expect(said).not.toContain('    at ');
    expect(all).not.toContain(token);
  });

  // It is waited for, for some 25 seconds.
  test('where Discord cannot be reached: DISCORD_API_URL is named', { timeout: 180_000 }, async ({
    expect,
  }) => {
    const { code, said, all } = await refusal({
      DATABASE_URL: await freshPostgresUrl(),
      DISCORD_API_URL: `http://127.0.0.1:${await closedPort()}/api`,
    });
    expect(code).toBe(1);
    expect(said).toContain('DISCORD_API_URL');
    expect(all).not.toContain(token);
  });

  test('where the database is missing, unreachable or silent: DATABASE_URL is named', async ({ expect }) => {
    const missing = new URL(await freshPostgresUrl());
    missing.pathname = '/nowhere';
    missing.password = 'hunter2';
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      const ports = [port, await closedPort()];
      const urls = [missing.href, ...ports.map((one) => `postgres://gavel:hunter2@127.0.0.1:${one}/gavel`)];
      const refusals = await Promise.all(urls.map((url) => refusal({ DATABASE_URL: url })));
      for (const { code, said, all } of refusals) {
        expect(code).toBe(1);
        expect(said).toContain('DATABASE_URL');
        expect(said).not.toContain('    at ');
        expect(all).not.toContain('hunter2');
      }
    } finally {
      silent.close();
    }
  });

  test('where the directory cannot be made: DATA_DIR is named', async ({ expect }) => {
    const file = join(directory, 'a-file');
    await writeFile(file, '');
    const { code, said } = await refusal({ DATA_DIR: join(file, 'data') });
    expect(code).toBe(1);
    expect(said).toContain('DATA_DIR');
  });

  test('where the port of the metrics is taken', async ({ expect }) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = taken.address() as AddressInfo;
      const databaseUrl = await freshPostgresUrl();
      const { code, said } = await refusal({ DATABASE_URL: databaseUrl, METRICS_PORT: String(port) });
      expect(code).toBe(1);
      expect(said).toContain(`Cannot listen on 127.0.0.1:${port} (METRICS_HOST, METRICS_PORT)`);
      expect(said).not.toContain('    at ');
    } finally {
      taken.close();
    }
  });

  test('where a newer version has used the database', async ({ expect }) => {
    const url = await freshPostgresUrl();
    const db = connectPostgres(url);
    try {
      await db
        .withTables<{ kysely_migration: { name: string; timestamp: string } }>()
        .insertInto('kysely_migration')
        .values({ name: '9999-later', timestamp: new Date(0).toISOString() })
        .execute();
    } finally {
      await db.destroy();
    }
    const { code, said } = await refusal({ DATABASE_URL: url });
    expect(code).toBe(1);
    expect(said).toContain('newer version');
    expect(said).not.toContain('    at ');
  });
});

test('what the environment says wins over .env', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  await scene.bot.kill('SIGTERM');
  await writeFile(join(scene.directory, '.env'), `DISCORD_TOKEN=${token}\nBULK_MAX_POLLS=2\n`);
  await scene.start();
  await scene.createPolls(3);
  const preview = await scene.preview('close', { polls: '1-3' });
  expect(preview.text).toContain('2');
  expect(preview.button('Confirm')).toBeUndefined();
});

test('an empty value counts as not set, in the environment and in .env, however it is written there', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  await scene.bot.kill('SIGTERM');
  const written = `\uFEFFDISCORD_TOKEN=${scene.sandbox.token}\r\nSHARD_COUNT= \r\nBULK_MAX_POLLS=2\r\nMETRICS_PORT=""\r\n`;
  await writeFile(join(scene.directory, '.env'), written);
  await scene.start({ DISCORD_TOKEN: '', BULK_MAX_POLLS: ' ', SHARD_IDS: '' });
  await scene.createPolls(3);
  expect((await scene.preview('close', { polls: '1-3' })).button('Confirm')).toBeUndefined();
});

test('a second process on the embedded database is refused, and the first one goes on', async () => {
  await using scene = await startScene({ channels: 1 });
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  const second = scene.launch();
  expect(await second.exited()).toBe(1);
  expect(second.stderr).toContain('is in use by another running process');
  expect(second.stderr).toContain(`pid ${scene.processes[0]!.child.pid}`);
  expect(second.stderr).toContain('DATABASE_URL');
  await scene.admin.press(poll.message, 'Tea');
  await poll.message.until(({ text }) => text.includes('1 vote'));
  expect(scene.processes[0]!.problems()).toBe('');
});

async function closedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
