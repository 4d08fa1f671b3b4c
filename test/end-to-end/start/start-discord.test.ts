import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BotScene, startScene } from '../../support/bot-scene.ts';
import { freshPostgresUrl } from '../../support/databases.ts';
import { refusedStart } from '../support/refused-start.ts';

/** A scene whose bot has not been started. */
async function unstarted(): Promise<BotScene> {
  return await startScene({ database: 'postgres', channels: 1, processes: 0 });
}

const gateway = { path: /\/gateway\/bot$/ };
const commands = { path: /\/commands$/ };
/** An answer with the address of a gateway at which nobody listens. */
const closedGateway = {
  url: 'ws://127.0.0.1:1',
  shards: 1,
  session_start_limit: { total: 1000, remaining: 999, reset_after: 3_600_000, max_concurrency: 1 },
};

describe.concurrent('hiccups of Discord do not end a start', () => {
  test.for([
    ['503 where the gateway is asked for', { match: gateway, status: 503 }],
    ['a lost connection where the gateway is asked for', { match: gateway, loseRequest: true }],
    [
      '429 where the gateway is asked for',
      { match: gateway, status: 429, headers: { 'Retry-After': '0.1' } },
    ],
    ['502 and a page of a proxy for commands', { match: commands, status: 502, body: '<html></html>' }],
    ['a lost answer for commands', { match: commands, loseReply: true }],
  ] as const)('%s', async ([, fault], { expect }) => {
    await using scene = await unstarted();
    const active = scene.sandbox.faults.add({ times: 2, ...fault });
    await scene.start();
    expect(active.hits).toBe(2);
    expect(scene.bot.stderr).toBe('');
    const poll = await scene.createPoll(scene.guild.channels[0]!.id);
    expect(poll.id).toBe(1);
  });

  test('nothing answers at first: each try is told, with the variable', async ({ expect }) => {
    await using scene = await unstarted();
    scene.sandbox.outage('refuse');
    const bot = scene.launch();
    await bot.logged(/connecting to Discord \(DISCORD_API_URL\) did not work out; trying again/);
    scene.sandbox.outage(false);
    await bot.untilReady();
    expect(bot.stderr).toBe('');
  });

  test('the gateway’s own door is closed at first', async ({ expect }) => {
    await using scene = await unstarted();
    // The address is told, and every connection to it is refused with 503 or cut.
    scene.sandbox.gateway.refusing = 3;
    await scene.start();
    expect(scene.sandbox.gateway.connected).toBe(1);
    expect(scene.bot.stderr).toBe('');
  });
});

describe.concurrent('what Discord refuses for good ends a start in a sentence', () => {
  const env = async (scene: BotScene) => ({ ...scene.env, DATABASE_URL: await freshPostgresUrl() });

  test('the token, by its API', async ({ expect }) => {
    await using scene = await unstarted();
    const token = 'MTE5MTE2ODkxNDIyNzIwMDA1MQ.secret.Uhr-Werk_0123456789abcdefghijklmnop';
    expect(await refusedStart({ ...(await env(scene)), DISCORD_TOKEN: token })).toContain(
      'Set DISCORD_TOKEN',
    );
  });

  test.for([
    [4004, 'set DISCORD_TOKEN'],
    [4010, 'SHARD_IDS'],
    [4011, 'SHARD_COUNT'],
    [4014, 'intents'],
  ] as const)('the connection, with code %i', async ([code, words], { expect }) => {
    await using scene = await unstarted();
    scene.sandbox.gateway.closing = code;
    const said = await refusedStart(await env(scene));
    expect(said).toContain('Cannot connect to Discord: ');
    expect(said).toContain(words);
  });

  // It is waited for, for 25 seconds.
  test('a gateway where nobody listens, though the API answers', async ({ expect }) => {
    await using scene = await unstarted();
    scene.sandbox.faults.add({ match: gateway, status: 200, body: closedGateway });
    const said = await refusedStart(await env(scene));
    expect(said).toMatch(
      /^Cannot connect to Discord: its API answers, but no connection to its gateway at 127\.0\.0\.1:1 /,
    );
    expect(said).toContain('ECONNREFUSED');
  });

  test('a login beyond those of a day', async ({ expect }) => {
    await using scene = await unstarted();
    const limit = { ...closedGateway.session_start_limit, remaining: 0 };
    const body = { ...closedGateway, session_start_limit: limit };
    scene.sandbox.faults.add({ match: gateway, status: 200, body });
    expect(await refusedStart(await env(scene))).toMatch(/Not enough sessions.*start again after that time/);
  });

  test.for([
    ['a page instead of an answer', { status: 200, body: 'please log in to this hotel' }],
    ['an answer of another API', { status: 200, body: {} }],
    ['nothing of that name', { status: 404, body: { message: '404: Not Found', code: 0 } }],
  ] as const)('%s', async ([, fault], { expect }) => {
    await using scene = await unstarted();
    scene.sandbox.faults.add({ match: gateway, ...fault });
    const said = await refusedStart(await env(scene));
    expect(said).toMatch(/^Cannot connect to Discord: .*DISCORD_API_URL/);
  });

  test('the commands', async ({ expect }) => {
    await using scene = await unstarted();
    const body = {
      message: 'Max number of daily application command creates has been reached (200)',
      code: 30034,
    };
    scene.sandbox.faults.add({ match: { method: 'PUT', ...commands }, status: 400, body });
    const said = await refusedStart(await env(scene));
    expect(said).toMatch(/^Cannot register the commands: Max number of daily/);
  });
});

test('the untouched example is enough with a token, whatever libraries would read from the environment', async () => {
  await using scene = await unstarted();
  const example = new URL('../../../.env.example', import.meta.url);
  const text = await readFile(example, 'utf8');
  await writeFile(
    join(scene.directory, '.env'),
    text.replace(/^DISCORD_TOKEN=$/m, `DISCORD_TOKEN=${scene.sandbox.token}`),
  );
  const { DISCORD_API_URL, DATABASE_URL } = scene.env;
  scene.env = { DISCORD_API_URL: DISCORD_API_URL!, DATABASE_URL: DATABASE_URL! };
  const empty = Object.fromEntries([...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => [name!, '']));
  const read = {
    SHARDS: 'none',
    SHARDING_MANAGER: 'true',
    SHARDING_MANAGER_MODE: 'worker',
    TOTAL_SHARDS: '0',
  };
  const environments: Record<string, string>[] = [
    {},
    { ...empty, ...scene.env },
    { SHARD_COUNT: '', SHARDS: '' },
    { SHARD_COUNT: ' ' },
    read,
  ];
  for (const more of environments) {
    const bot = scene.launch(more);
    await bot.untilReady();
    expect(await bot.kill('SIGTERM')).toBe(0);
    expect(bot.stderr).toBe('');
  }
});

test('a start says at once what it does, and in the end who is ready, where, and how to invite it', async () => {
  await using scene = await startScene({ channels: 1, processes: 0 });
  scene.sandbox.addGuild({ name: 'Second' });
  const bot = await scene.start();
  expect(bot.log.map(({ msg }) => msg)).toEqual([
    `Gavel 0.1.0 starting; opening the embedded database in ${scene.env.DATA_DIR}`,
    'bringing the database up to date',
    'connecting to Discord',
    'shard connected',
    'looking whether the commands are registered',
    'registered the commands',
    expect.stringMatching(
      new RegExp(
        '^Gavel 0\\.1\\.0 is ready as \\S+ in 2 servers; invite: https://discord\\.com/oauth2/authorize\\?' +
          `client_id=${scene.sandbox.world.applicationId}&scope=bot\\+applications\\.commands&permissions=274877991936$`,
      ),
    ),
  ]);
});

test('a signal that comes twice is one wish, and nothing is said of the connection that ends', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  scene.bot.child.kill('SIGTERM');
  scene.bot.child.kill('SIGINT');
  expect(await scene.bot.kill('SIGTERM')).toBe(0);
  const said = scene.bot.log.map(({ msg }) => msg);
  expect(said.filter((msg) => msg === 'stopping')).toHaveLength(1);
  expect(said.at(-1)).toBe('Gavel has stopped');
  expect(scene.bot.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

test.for([
  ['the gateway is asked for', 'connecting to Discord', { match: gateway, delayMs: 60_000 }],
  ['Discord hiccups', /trying again/, { match: gateway, status: 503 }],
  ['the gateway is out of reach', 'shard error', { match: gateway, status: 200, body: closedGateway }],
  [
    'commands are registered',
    'looking whether the commands are registered',
    { match: commands, delayMs: 60_000 },
  ],
] as const)('SIGTERM while %s ends the start cleanly', async ([, moment, fault]) => {
  await using scene = await unstarted();
  scene.sandbox.faults.add(fault);
  const bot = scene.launch();
  await bot.logged(moment as string | RegExp);
  expect(await bot.kill('SIGTERM')).toBe(0);
  expect(bot.stderr).toBe('');
  expect(bot.problems()).toBe('');
  expect(bot.log.at(-1)).toMatchObject({ msg: 'Gavel has stopped' });
});
