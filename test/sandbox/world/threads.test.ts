import { type Client, Events, type ThreadChannel } from 'discord.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, usualBotPermissions } from '../../../sandbox/sandbox.ts';
import type { SandboxChannel } from '../../../sandbox/world/channel.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { connect, connectedClient } from '../connected-client.ts';

const archived = { status: 400, code: 50083 };
const forbidden = { status: 403, code: 50013 };

describe('threads', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;
  let thread: SandboxChannel;

  beforeEach(async () => {
    ({ sandbox, guild, client } = await connectedClient());
    thread = guild.addThread(guild.channels[0]!.id, 'thread');
  });

  const path = () => `/channels/${thread.id}` as const;
  const post = (content = 'x') =>
    client.rest.post(`${path()}/messages`, { body: { content } }) as Promise<{ id: string }>;
  const patch = (id: string) => client.rest.patch(`${path()}/messages/${id}`, { body: { content: 'y' } });
  const remove = (id: string) => client.rest.delete(`${path()}/messages/${id}`);
  const open = () => client.rest.patch(path(), { body: { archived: false } });
  const denyAll = (bits: bigint) => sandbox.setBotPermissions(guild.id, usualBotPermissions & ~bits);

  it('that sleep take no edit and no delete, one by one or many, until somebody opens them', async () => {
    const [one, two, three] = [await post(), await post(), await post()];
    sandbox.archive(thread.id);
    await expect(patch(one.id)).rejects.toMatchObject(archived);
    await expect(remove(one.id)).rejects.toMatchObject(archived);
    const many = () =>
      client.rest.post(`${path()}/messages/bulk-delete`, { body: { messages: [two.id, three.id] } });
    await expect(many()).rejects.toMatchObject(archived);
    await open();
    await patch(one.id);
    await remove(one.id);
    await many();
    expect(thread.messages).toEqual([]);
  });

  it('are opened by whoever may post in them, and locked ones by Manage Threads besides', async () => {
    sandbox.archive(thread.id);
    sandbox.deny(guild.channels[0]!.id, permission.sendMessagesInThreads);
    await expect(open()).rejects.toMatchObject(forbidden);
    sandbox.allow(guild.channels[0]!.id, permission.sendMessagesInThreads);
    sandbox.lock(thread.id);
    await expect(open()).rejects.toMatchObject(forbidden);
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.manageThreads);
    await open();
    expect([thread.archived, thread.locked]).toEqual([false, true]);
    await expect(client.rest.patch(path(), { body: { archived: true } })).resolves.toBeDefined();
    denyAll(permission.viewChannel);
    sandbox.deny(guild.channels[0]!.id);
    await expect(open()).rejects.toMatchObject({ status: 403, code: 50001 });
  });

  it('take nothing but opening while they sleep, and other changes with Manage Threads alone', async () => {
    const lock = () => client.rest.patch(path(), { body: { locked: true } });
    await expect(lock()).rejects.toMatchObject(forbidden);
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.manageThreads);
    sandbox.archive(thread.id);
    await expect(lock()).rejects.toMatchObject(archived);
    await expect(
      client.rest.patch(`/channels/${guild.channels[0]!.id}`, { body: { name: 'other' } }),
    ).rejects.toMatchObject(forbidden);
  });

  it('wake by a message, unless they are locked', async () => {
    sandbox.archive(thread.id);
    await post();
    expect(thread.archived).toBe(false);
    sandbox.archive(thread.id);
    sandbox.lock(thread.id);
    await expect(post()).rejects.toMatchObject(archived);
  });

  it('that are locked and awake take no post or edit without Manage Threads, but a delete', async () => {
    const { id } = await post();
    sandbox.lock(thread.id);
    await expect(post()).rejects.toMatchObject({ status: 400, code: 160005 });
    await expect(patch(id)).rejects.toMatchObject({ status: 400, code: 160005 });
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.manageThreads);
    await patch(id);
    await post();
    denyAll(permission.manageThreads);
    await remove(id);
  });

  it('are told of while awake, when they wake, and when the bot comes to see their channel', async () => {
    const asleep = guild.addThread(guild.channels[0]!.id, 'asleep');
    sandbox.archive(asleep.id);
    const later = await connect(sandbox);
    expect([later.channels.cache.has(thread.id), later.channels.cache.has(asleep.id)]).toEqual([true, false]);
    const told = new Promise((resolve) => later.once(Events.Raw, resolve));
    sandbox.archive(asleep.id, false);
    expect(await told).toMatchObject({ t: 'THREAD_UPDATE', d: { thread_metadata: { archived: false } } });
    expect((later.channels.cache.get(asleep.id) as ThreadChannel).archived).toBe(false);

    sandbox.deny(guild.channels[0]!.id);
    const heard: string[] = [];
    later.on(Events.Raw, ({ t }: { t: string }) => heard.push(t));
    sandbox.archive(asleep.id);
    const synced = new Promise<string[]>((resolve) =>
      later.once(Events.ThreadListSync, (threads) => resolve([...threads.keys()])),
    );
    sandbox.allow(guild.channels[0]!.id);
    expect(await synced).toEqual([thread.id]);
    expect(heard).toEqual(['CHANNEL_UPDATE', 'CHANNEL_UPDATE', 'THREAD_LIST_SYNC']);
    await later.destroy();
  });
});
