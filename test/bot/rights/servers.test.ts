import type { Client } from 'discord.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { CannotStart } from '../../../src/base/errors.ts';
import { createLogger } from '../../../src/base/log.ts';
import { connect, createClient } from '../../../src/bot/gateway/client.ts';
import { gatewayServers, type Servers } from '../../../src/bot/rights/servers.ts';
import type { Deed } from '../../../src/delivery/rights.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { inNoTime, inRealTime } from '../../support/in-no-time.ts';

describe('what the gateway tells about servers', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client;
  let servers: Servers;

  beforeEach(async () => {
    sandbox = await startSandbox({ limits: 'off' });
    guild = sandbox.addGuild({ name: 'Home', channels: ['general', 'votes'] });
    sandbox.addGuild({ name: 'Homestead' });
    client = newClient(sandbox);
    servers = gatewayServers(client);
    await connect(client, sandbox.token, inRealTime());
  });

  afterEach(async () => {
    await client.destroy();
    await sandbox.close();
  });

  test('are names, and nothing for what is not known', () => {
    const general = guild.channel('general').id;
    expect(servers.serverName(guild.id)).toBe('Home');
    expect(servers.channelName(general)).toBe('general');
    expect(servers.serverOf(general)).toBe(guild.id);
    expect([servers.serverName('1'), servers.channelName('1'), servers.serverOf('1')]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test('are the servers of a scope, by name or id', () => {
    const names = (found: readonly { name: string }[]) => found.map((choice) => choice.name);
    expect(names(servers.search(everyServer, 'home'))).toEqual(['Home', 'Homestead']);
    expect(names(servers.search(everyServer, 'stead'))).toEqual(['Homestead']);
    expect(names(servers.search(everyServer, guild.id))).toEqual(['Home']);
    expect(servers.search(oneServer(guild.id), '')).toEqual([{ name: 'Home', value: guild.id }]);
  });

  test('is where the bot may write', async () => {
    const { id } = guild.channel('votes');
    expect(servers.channelAccess(id)).toBe('ok');
    expect(servers.missingToPost(id)).toEqual([]);
    sandbox.deny(id);
    await expect.poll(() => servers.channelAccess(id)).toBe('no access');
    expect(servers.missingToPost(id)).toContain('View Channel');
  });

  test('is what stands in the way of each deed, by the names of permissions', async () => {
    const { id } = guild.channel('votes');
    const access = (deed: Deed) => servers.channelAccess(id, guild.id, deed);
    sandbox.deny(id, permission.sendMessages | permission.embedLinks);
    await expect
      .poll(() => access('post'))
      .toEqual({ right: 'post', permissions: ['Send Messages', 'Embed Links'], timedOutUntil: null });
    expect(access('edit')).toEqual({ right: 'embed', permissions: ['Embed Links'], timedOutUntil: null });
    expect([access('delete'), servers.obstacle(id, 'delete')]).toEqual(['ok', null]);
  });

  test('is until when the bot is timed out', async () => {
    const { id } = guild.channel('votes');
    const until = Date.now() + 1_500;
    sandbox.timeOut(guild.id, until);
    await expect
      .poll(() => servers.channelAccess(id, guild.id, 'post'))
      .toMatchObject({ right: 'post', timedOutUntil: new Date(until) });
    expect(servers.missingToPost(id)).toEqual(['Send Messages', 'Embed Links']);
    expect(servers.channelAccess(id, guild.id, 'delete')).toBe('ok');
    // No event tells of its end.
    await expect.poll(() => servers.channelAccess(id, guild.id, 'post'), { timeout: 5_000 }).toBe('ok');
  });

  test('is whether a thread can be opened', async () => {
    const { id } = guild.addThread(guild.channel('votes').id, 'thread');
    await expect.poll(() => servers.channelAccess(id, guild.id)).toBe('ok');
    sandbox.lock(id);
    const locked = { right: 'edit', permissions: ['Manage Threads'], timedOutUntil: null };
    await expect.poll(() => servers.channelAccess(id, guild.id)).toEqual(locked);
    expect(servers.channelAccess(id, guild.id, 'delete')).toBe('ok');
    sandbox.archive(id);
    await expect.poll(() => servers.channelAccess(id, guild.id)).toEqual({ ...locked, right: 'open' });
    sandbox.lock(id, false);
    await expect.poll(() => servers.channelAccess(id, guild.id)).toBe('ok');
    sandbox.deny(guild.channel('votes').id, permission.sendMessagesInThreads);
    await expect
      .poll(() => servers.channelAccess(id, guild.id))
      .toMatchObject({ right: 'open', permissions: ['Send Messages in Threads'] });
  });

  test('is not guessed where the gateway told of no roles or no member', () => {
    const { id } = guild.channel('votes');
    const { roles, members } = client.guilds.cache.get(guild.id)!;
    roles.cache.clear();
    expect([servers.channelAccess(id), servers.missingToPost(id), servers.bulkDeleteServer(id)]).toEqual([
      'unknown',
      null,
      null,
    ]);
    members.cache.clear();
    expect(servers.channelAccess(id)).toBe('unknown');
  });

  test('tells a channel that is gone from one that is not known', async () => {
    const { id } = guild.channel('votes');
    sandbox.removeChannel(id);
    await expect.poll(() => servers.channelAccess(id, guild.id)).toBe('gone');
    expect(servers.channelAccess(id)).toBe('unknown');
    sandbox.removeGuild(guild.id);
    await expect.poll(() => servers.channelAccess(id, guild.id)).toBe('no access');
  });
});

test('of a server that was told without its channels or what its roles permit, nothing is said to be closed', async () => {
  const sandbox = await startSandbox({ limits: 'off' });
  const guild = sandbox.addGuild({ channels: ['general'] });
  const client = newClient(sandbox);
  await connect(client, sandbox.token, inRealTime());
  const servers = gatewayServers(client);
  const { id } = guild.channel('general');
  const told = client.guilds.cache.get(guild.id)!;
  const before = told.roles.cache.map((role) => role.permissions);
  for (const role of told.roles.cache.values()) role.permissions = before[0]!.remove(before[0]!.bitfield);
  expect([servers.channelAccess(id, guild.id), servers.missingToPost(id)]).toEqual(['unknown', null]);
  told.roles.cache.clear();
  expect([servers.channelAccess(id, guild.id), servers.missingToPost(id)]).toEqual(['unknown', null]);
  client.channels.cache.clear();
  told.channels.cache.clear();
  expect(servers.channelAccess(id, guild.id)).toBe('unknown');
  client.guilds.cache.clear();
  expect(servers.channelAccess(id, guild.id)).toBe('unknown');
  await client.destroy();
  await sandbox.close();
});

describe('the login', () => {
  test('names DISCORD_TOKEN where Discord refuses it, without showing it', async () => {
    const sandbox = await startSandbox({ limits: 'off' });
    const client = newClient(sandbox);
    const token = 'MTIzNDU2Nzg5MDEyMzQ1Njc4.wrong.abcdefghijklmnopqrstuvwxyz01';
    const refused = await connect(client, token, inNoTime()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CannotStart);
    expect((refused as CannotStart).message).toContain('DISCORD_TOKEN');
    expect((refused as CannotStart).message).not.toContain(token);
    await client.destroy();
    await sandbox.close();
  });

  test('names DISCORD_API_URL where nobody answers', async () => {
    const sandbox = await startSandbox({ limits: 'off' });
    const client = newClient(sandbox);
    await sandbox.close();
    await expect(connect(client, sandbox.token, inNoTime())).rejects.toThrow('DISCORD_API_URL');
    await client.destroy();
  });
});

function newClient(sandbox: Sandbox): Client {
  return createClient({
    rest: { api: sandbox.apiUrl, retries: 0 },
    shards: { count: null, ids: null },
    log: createLogger('silent'),
  });
}
