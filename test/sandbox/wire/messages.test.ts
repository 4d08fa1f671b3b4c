import type { Client } from 'discord.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, usualBotPermissions } from '../../../sandbox/sandbox.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { connectedClient } from '../connected-client.ts';

const dayMs = 86_400_000;

describe('messages', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;
  let channelId: string;

  beforeEach(async () => {
    ({ sandbox, guild, client } = await connectedClient({ limits: 'off' }, { channels: 2 }));
    channelId = guild.channels[0]!.id;
  });

  const post = (body: object, to = channelId) =>
    client.rest.post(`/channels/${to}/messages`, { body }) as Promise<{
      id: string;
      mentions: { id: string }[];
    }>;
  const patch = (id: string, body: object) =>
    client.rest.patch(`/channels/${channelId}/messages/${id}`, { body });
  const remove = (ids: string[]) =>
    client.rest.post(`/channels/${channelId}/messages/bulk-delete`, { body: { messages: ids } });

  it('are posted, edited in part, listed newest first, and deleted', async () => {
    const one = await post({
      content: 'one',
      embeds: [{ title: 'T', fields: [{ name: 'Done', value: '3' }] }],
    });
    const two = await post({ content: 'two' });
    await patch(one.id, { content: 'ONE' });
    const message = sandbox.message(one.id);
    expect([message.content, message.field('Done'), message.versions.length]).toEqual(['ONE', '3', 2]);
    const listed = (await client.rest.get(`/channels/${channelId}/messages`)) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual([two.id, one.id]);
    await client.rest.delete(`/channels/${channelId}/messages/${two.id}`);
    await expect(patch(two.id, { content: 'x' })).rejects.toMatchObject({ status: 404, code: 10008 });
    expect(guild.channels[0]!.messages.map(({ id }) => id)).toEqual([one.id]);
    await expect(post({ content: '  ' })).rejects.toMatchObject({ code: 50006 });
  });

  it('carry files that can be fetched', async () => {
    const channel = await client.channels.fetch(channelId);
    if (!channel?.isSendable()) throw new Error('not sendable');
    const sent = await channel.send({
      content: 'report',
      files: [{ attachment: Buffer.from('a,b\n1,2\n'), name: 'report.csv' }],
    });
    const [file] = sandbox.message(sent.id).attachments;
    expect([file!.name, file!.data.toString()]).toEqual(['report.csv', 'a,b\n1,2\n']);
    expect(await (await fetch(sent.attachments.first()!.url)).text()).toBe('a,b\n1,2\n');
    expect(sandbox.violations).toEqual([]);
  });

  it('are not posted twice with one enforced nonce', async () => {
    const body = { content: 'once', nonce: 'poll-12-7', enforce_nonce: true };
    const first = await post(body);
    expect((await post(body)).id).toBe(first.id);
    expect((await post({ ...body, enforce_nonce: false })).id).not.toBe(first.id);
    expect(guild.channels[0]!.messages.length).toBe(2);
  });

  it('ping by the defaults unless told otherwise, and never from embeds', async () => {
    const person = sandbox.person();
    const role = guild.addRole('Voters', { mentionable: true });
    const closed = guild.addRole('Closed');
    const content = `<@${person.id}> <@&${role.id}> <@&${closed.id}> @everyone`;
    const pinged = sandbox.message((await post({ content })).id);
    expect(pinged.mentions).toEqual({ users: [person.id], roles: [role.id], everyone: false });
    const quiet = sandbox.message((await post({ content, allowed_mentions: { parse: [] } })).id);
    expect(quiet.mentions).toEqual({ users: [], roles: [], everyone: false });
    const chosen = sandbox.message(
      (await post({ content, allowed_mentions: { parse: [], roles: [role.id] } })).id,
    );
    expect(chosen.mentions).toEqual({ users: [], roles: [role.id], everyone: false });
    await patch(quiet.id, { content: `edited ${content}` });
    expect(quiet.mentions.users).toEqual([person.id]);
    expect(sandbox.message((await post({ embeds: [{ description: content }] })).id).mentions.users).toEqual(
      [],
    );
  });

  it('need the permissions that Discord asks for', async () => {
    const [first, second] = guild.channels;
    const sent = await post({ content: 'there' });
    sandbox.deny(first!.id, permission.sendMessages);
    await expect(post({ content: 'x' })).rejects.toMatchObject({ status: 403, code: 50013 });
    await patch(sent.id, { content: 'edits need no permission to send' });
    sandbox.deny(first!.id);
    await expect(patch(sent.id, { content: 'x' })).rejects.toMatchObject({ status: 403, code: 50001 });
    sandbox.allow(first!.id);
    await patch(sent.id, { content: 'back' });
    sandbox.removeChannel(second!.id);
    await expect(post({ content: 'x' }, second!.id)).rejects.toMatchObject({ status: 404, code: 10003 });
    const theirs = sandbox.person().say(channelId, 'mine');
    await expect(patch(theirs.id, { content: 'x' })).rejects.toMatchObject({ status: 403, code: 50005 });
  });

  it('are deleted in bulk only while young, by two to a hundred, with the permission', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) ids.push((await post({ content: `${i}` })).id);
    await expect(remove(ids.slice(0, 1))).rejects.toMatchObject({ status: 400 });
    sandbox.backdate(15 * dayMs);
    const old = await post({ content: 'old' });
    sandbox.backdate(0);
    await expect(remove([...ids, old.id])).rejects.toMatchObject({ code: 50034 });
    expect(guild.channels[0]!.messages.length).toBe(4);
    sandbox.setBotPermissions(guild.id, usualBotPermissions & ~permission.manageMessages);
    await expect(remove(ids)).rejects.toMatchObject({ code: 50013 });
    sandbox.setBotPermissions(guild.id, usualBotPermissions);
    await remove([...ids, sandbox.world.newId()]);
    expect(guild.channels[0]!.messages.map(({ id }) => id)).toEqual([old.id]);
  });

  it('reach people directly, unless they want none', async () => {
    const person = sandbox.person();
    const open = () =>
      client.rest.post('/users/@me/channels', { body: { recipient_id: person.id } }) as Promise<{
        id: string;
      }>;
    const { id } = await open();
    await post({ content: 'hello' }, id);
    expect((await open()).id).toBe(id);
    expect(person.directMessages.map(({ content }) => content)).toEqual(['hello']);
    person.user.acceptsDirectMessages = false;
    await expect(post({ content: 'again' }, id)).rejects.toMatchObject({ status: 403, code: 50007 });
  });

  it('tell who waits for them of every change', async () => {
    const arrival = guild.channels[0]!.until((message) => message.content === 'go');
    const { id } = await post({ content: 'go' });
    const message = await arrival;
    const edited = message.until(({ content }) => content === 'gone on');
    await patch(id, { content: 'gone on' });
    expect((await edited).id).toBe(id);
    const deleted = message.until((one) => one.deleted);
    sandbox.removeMessage(id);
    await deleted;
    await expect(message.until(() => false, 20)).rejects.toThrow('gone on');
  });

  it('refuse a wrong token and report a route that does not exist', async () => {
    const wrong = await fetch(`${sandbox.apiUrl}/v10/users/@me`, {
      headers: { authorization: 'Bot nonsense' },
    });
    expect(wrong.status).toBe(401);
    await expect(client.rest.get('/channels/1/pinz')).rejects.toMatchObject({ status: 404 });
    expect(sandbox.violations).toMatchObject([{ reason: 'no such route: GET /channels/1/pinz' }]);
  });
});
