import { expect, onTestFinished, test } from 'vitest';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import { connect, createClient } from '../../../src/bot/gateway/client.ts';
import { gatewayServers } from '../../../src/bot/rights/servers.ts';
import { learnThreads } from '../../../src/bot/rights/sleeping-threads.ts';
import { inRealTime } from '../../support/in-no-time.ts';

async function setUp() {
  const sandbox = await startSandbox({ limits: 'off' });
  const guild = sandbox.addGuild({ channels: ['votes'] });
  const [open, locked] = ['open', 'locked'].map((name) => guild.addThread(guild.channel('votes').id, name));
  sandbox.lock(locked!.id);
  for (const { id } of [open!, locked!]) sandbox.archive(id);
  const client = createClient({
    rest: { api: sandbox.apiUrl, retries: 0 },
    shards: { count: null, ids: null },
    log: createLogger('silent'),
  });
  await connect(client, sandbox.token, inRealTime());
  onTestFinished(async () => {
    await client.destroy();
    await sandbox.close();
  });
  const servers = gatewayServers(client);
  const access = (channelId: string) => servers.channelAccess(channelId, guild.id);
  const learn = (ids: readonly string[]) => {
    const places = ids.map((channelId) => ({ channelId, serverId: guild.id }));
    return learnThreads(client, servers, places, systemClock);
  };
  return { sandbox, guild, open: open!.id, locked: locked!.id, access, learn };
}

test('threads that sleep are told from channels that are gone', async () => {
  const { sandbox, guild, open, locked, access, learn } = await setUp();
  const gone = sandbox.world.newId();
  expect([open, locked, gone].map(access)).toEqual(['gone', 'gone', 'gone']);
  await learn([open, locked, gone, guild.channel('votes').id]);
  expect([open, locked, gone].map(access)).toEqual([
    'ok',
    { right: 'open', permissions: ['Manage Threads'], timedOutUntil: null },
    'gone',
  ]);
  const asked = sandbox.requests
    .filter(({ route }) => route === '/channels/:channel')
    .map(({ path }) => path);
  expect(asked.sort()).toEqual([open, locked, gone].map((id) => `/channels/${id}`).sort());
});

test('no more than a few are asked for, and nobody waits long for them', async () => {
  const { sandbox, access, learn } = await setUp();
  sandbox.faults.add({ match: { path: /^\/channels\/\d+$/ }, delayMs: 30_000 });
  const ids = Array.from({ length: 30 }, () => sandbox.world.newId());
  const before = performance.now();
  await learn(ids);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(sandbox.requests.filter(({ route }) => route === '/channels/:channel')).toHaveLength(10);
  expect(access(ids[0]!)).toBe('gone');
});
