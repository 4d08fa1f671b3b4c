import { once } from 'node:events';
import { type Client, Events } from 'discord.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { connect, connectedClient, definitions, onInteraction } from '../connected-client.ts';

describe('faults', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;

  beforeEach(async () => {
    ({ sandbox, guild, client } = await connectedClient());
  });

  const post = (content: string) =>
    client.rest.post(`/channels/${guild.channels[0]!.id}/messages`, { body: { content } }) as Promise<{
      id: string;
    }>;

  it('hold requests at the door, behind those that pass, until they are let through', async () => {
    const held = sandbox.faults.hold({ method: 'POST' }, { pass: 1 });
    await post('1');
    const waiting = post('2');
    await held.reached;
    expect(guild.channels[0]!.messages.map(({ content }) => content)).toEqual(['1']);
    held.release();
    await waiting;
    await post('3');
    expect(guild.channels[0]!.messages).toHaveLength(3);
  });

  it('answer as told, so many times, after so many', async () => {
    const fault = sandbox.faults.add({
      match: { method: 'POST', path: /messages$/ },
      skip: 1,
      times: 2,
      status: 500,
    });
    await post('1');
    await expect(post('2')).rejects.toMatchObject({ status: 500 });
    await expect(post('3')).rejects.toMatchObject({ status: 500 });
    await post('4');
    expect(fault.hits).toBe(2);
    expect(guild.channels[0]!.messages.map(({ content }) => content)).toEqual(['1', '4']);
    expect(sandbox.requests.slice(-3).map(({ status }) => status)).toEqual([500, 500, 200]);
  });

  it('refuse at the edge, without a header that says how long', async () => {
    const edge = sandbox.faults.addEdge({ match: { method: 'GET' }, times: 1 });
    const answer = await fetch(`${sandbox.apiUrl}/v10/gateway`);
    expect(answer.status).toBe(429);
    expect([...answer.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
    expect(await answer.text()).toContain('<html>');
    expect(edge.hits).toBe(1);
  });

  it('let files take their time', async () => {
    sandbox.uploadBytesPerMs = 10;
    const before = performance.now();
    const files = [{ name: 'a.csv', data: Buffer.alloc(1000) }];
    await client.rest.post(`/channels/${guild.channels[0]!.id}/messages`, { body: {}, files });
    expect(performance.now() - before).toBeGreaterThanOrEqual(99);
  });

  it('lose a reply after the deed, and a request before it', async () => {
    sandbox.faults.add({ match: { method: 'POST' }, times: 1, loseReply: true });
    await expect(post('done, unheard')).rejects.toThrow();
    sandbox.faults.add({ match: { method: 'POST' }, times: 1, loseRequest: true });
    await expect(post('never done')).rejects.toThrow();
    expect(guild.channels[0]!.messages.map(({ content }) => content)).toEqual(['done, unheard']);
    expect(sandbox.requests.slice(-2).map(({ status }) => status)).toEqual([0, 0]);
  });

  it('hold a request until the test lets it go', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    sandbox.faults.add({ match: (request) => request.method === 'POST', times: 1, before: () => gate });
    const pending = post('held');
    await sandbox.untilRequest(
      (request) => request.method === 'POST' && request.route === '/channels/:channel/messages',
    );
    expect(guild.channels[0]!.messages).toEqual([]);
    release();
    await pending;
    expect(guild.channels[0]!.messages.length).toBe(1);
  });

  it('take everything down and up again', async () => {
    sandbox.outage('503');
    await expect(post('x')).rejects.toMatchObject({ status: 503 });
    sandbox.outage('refuse');
    await expect(post('x')).rejects.toThrow();
    sandbox.outage(false);
    await post('x');
  });

  it('drop the gateway, which resumes and hears what it missed', async () => {
    await client.application.commands.set(definitions as never);
    const heard: string[] = [];
    onInteraction(client, async (given) => {
      if (!given.isChatInputCommand()) return;
      heard.push(given.options.getString('polls', true));
      await given.deferReply();
    });
    const resumed = new Promise((resolve) => client.once(Events.ShardResume, resolve));
    sandbox.gateway.drop();
    const reply = await sandbox.person().slash(guild.channels[0]!, 'bulk close', { polls: 'missed' });
    await resumed;
    expect(heard).toEqual(['missed']);
    expect(reply.acknowledged).toBe(true);
  });

  it('forget a session, whose resume is refused', async () => {
    const dropped = new Promise((resolve) => client.once(Events.ShardReconnecting, resolve));
    sandbox.gateway.drop({ resumable: false });
    await dropped;
    const socket = new WebSocket(`${sandbox.apiUrl.replace('http', 'ws')}/gateway`);
    const packet = () => once(socket, 'message').then(([raw]) => JSON.parse(String(raw)));
    expect(await packet()).toMatchObject({ op: 10 });
    socket.send(JSON.stringify({ op: 6, d: { token: sandbox.token, session_id: 'gone', seq: 3 } }));
    expect(await packet()).toMatchObject({ op: 9, d: false });
    socket.close();
  });

  it('throw the bot out of a guild, which it may not touch any more', async () => {
    const left = new Promise((resolve) => client.once(Events.GuildDelete, resolve));
    sandbox.removeGuild(guild.id);
    await left;
    await expect(post('x')).rejects.toMatchObject({ status: 403, code: 50001 });
  });

  it('split guilds over shards and hand each its own', async () => {
    // A guild's shard follows from its id, and an id from the moment it is made.
    const ids = [guild.id];
    const shardOf = (id: string) => Number((BigInt(id) >> 22n) % 2n);
    while (new Set(ids.map(shardOf)).size < 2) ids.push(sandbox.addGuild().id);
    const sharded = await connect(sandbox, { shardCount: 2, shards: [0, 1] });
    const shards = new Map(sharded.guilds.cache.map((one) => [one.id, one.shardId]));
    expect(shards).toEqual(new Map(ids.map((id) => [id, shardOf(id)])));
    await sharded.destroy();
  });

  it('keep from a session what its intents do not cover, and show it guilds made later', async () => {
    const heard: string[] = [];
    client.on(Events.Raw, (packet: { t: string }) => heard.push(packet.t));
    const listening = await connect(sandbox, { intents: ['Guilds', 'GuildMessages'] });
    const said = new Promise<string>((resolve) =>
      listening.once(Events.MessageCreate, ({ content }) => resolve(content)),
    );
    const joined = new Promise<number>((resolve) =>
      client.once(Events.GuildCreate, (one) => resolve(one.channels.cache.size)),
    );
    sandbox.person().say(guild.channels[0]!, 'hidden without the intent for contents');
    sandbox.addGuild({ channels: 3 });
    expect(await said).toBe('');
    expect(await joined).toBe(3);
    expect(heard).toEqual(['GUILD_CREATE']);
    await listening.destroy();
  });

  it('refuse privileged intents that the application was not given', async () => {
    await expect(connect(sandbox, { intents: ['Guilds', 'MessageContent'] })).rejects.toThrow(
      'disallowed intents',
    );
  });
});
