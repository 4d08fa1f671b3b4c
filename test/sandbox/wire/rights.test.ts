import { type Client, Events } from 'discord.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, usualBotPermissions } from '../../../sandbox/sandbox.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { connect, connectedClient } from '../connected-client.ts';

const embeds = [{ title: 'a poll' }];
const row = (emoji: object) => ({
  type: 1,
  components: [{ type: 2, style: 2, custom_id: 'x', label: 'x', emoji }],
});

interface Shown {
  readonly id: string;
  readonly embeds: readonly object[];
  readonly flags: number;
}

describe('what the bot may', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;
  let now: number;
  let channelId: string;

  beforeEach(async () => {
    now = Date.now();
    ({ sandbox, guild, client } = await connectedClient({ limits: 'off', now: () => now }));
    channelId = guild.channels[0]!.id;
  });

  const post = (body: object) =>
    client.rest.post(`/channels/${channelId}/messages`, { body }) as Promise<Shown>;
  const patch = (id: string, body: object) =>
    client.rest.patch(`/channels/${channelId}/messages/${id}`, { body }) as Promise<Shown>;

  it('embeds are dropped without Embed Links, with a 200, and an empty rest is refused', async () => {
    const sent = await post({ content: 'question', embeds });
    expect(sent.embeds).toHaveLength(1);
    sandbox.deny(channelId, permission.embedLinks);
    expect((await post({ content: 'question', embeds })).embeds).toEqual([]);
    await expect(post({ embeds })).rejects.toMatchObject({ status: 400, code: 50006 });
    expect((await patch(sent.id, { content: 'other' })).embeds).toHaveLength(1);
    expect((await patch(sent.id, { embeds })).embeds).toEqual([]);
    await expect(patch(sent.id, { content: '', embeds })).rejects.toMatchObject({ code: 50006 });
    expect((await patch(sent.id, { content: '', embeds, components: [row({ name: '🍵' })] })).embeds).toEqual(
      [],
    );
    expect(sandbox.violations).toEqual([]);
  });

  it('embeds that a moderator hid stay hidden over edits, unless these send flags', async () => {
    const { id } = await post({ content: 'question', embeds });
    sandbox.hideEmbeds(id);
    expect(await patch(id, { embeds })).toMatchObject({ embeds: [], flags: 4 });
    expect(sandbox.message(id).embeds).toEqual([]);
    expect(await patch(id, { flags: 0 })).toMatchObject({ embeds: [{ title: 'a poll' }], flags: 0 });
    sandbox.hideEmbeds(id);
    expect(await patch(id, { embeds, flags: 0 })).toMatchObject({ embeds: [{ title: 'a poll' }], flags: 0 });
  });

  it('a time-out leaves sight and history, begins with an event and ends without one', async () => {
    const sent = await post({ content: 'question', embeds });
    const until = now + 60_000;
    const begun = new Promise<number | null>((resolve) =>
      client.once(Events.GuildMemberUpdate, (_, member) =>
        resolve(member.communicationDisabledUntilTimestamp),
      ),
    );
    sandbox.timeOut(guild.id, until);
    expect(await begun).toBe(until);
    await expect(post({ content: 'x' })).rejects.toMatchObject({ status: 403, code: 50013 });
    expect((await patch(sent.id, { embeds })).embeds).toEqual([]);
    await client.rest.get(`/channels/${channelId}/messages/${sent.id}`);
    const heard: unknown[] = [];
    client.on(Events.Raw, (packet) => heard.push(packet));
    now = until + 1;
    await post({ content: 'again' });
    expect(heard).toEqual([]);
    const later = await connect(sandbox);
    expect(later.guilds.cache.get(guild.id)!.members.me!.communicationDisabledUntilTimestamp).toBe(until);
    await later.destroy();
  });

  it('a time-out takes nothing from administrators', async () => {
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.administrator);
    sandbox.timeOut(guild.id, now + 60_000);
    await post({ content: 'x' });
  });

  it('is told anew where a topic or a colour changes and no permission does', async () => {
    const packets: { t: string; d: { topic?: string; role?: { color: number; permissions: string } } }[] = [];
    client.on(Events.Raw, (packet) => packets.push(packet));
    sandbox.setTopic(channelId, 'News');
    sandbox.setRoleColour(guild.id, 0xff0000);
    await expect.poll(() => packets.length).toBe(2);
    expect(packets).toMatchObject([
      { t: 'CHANNEL_UPDATE', d: { topic: 'News' } },
      {
        t: 'GUILD_ROLE_UPDATE',
        d: { role: { color: 0xff0000, permissions: usualBotPermissions.toString() } },
      },
    ]);
  });

  it('a custom emoji is one that exists in a server of the bot', async () => {
    const { id, name } = sandbox.addEmoji(guild.id, 'tea');
    const sent = await post({ content: 'x', components: [row({ id, name })] });
    sandbox.removeEmoji(guild.id, id);
    const refusal = {
      code: 50035,
      rawError: { errors: { components: { _errors: [{ code: 'COMPONENT_INVALID_EMOJI' }] } } },
    };
    await expect(patch(sent.id, { components: [row({ id, name })] })).rejects.toMatchObject(refusal);
    await expect(post({ content: 'x', components: [row({ id: '1', name })] })).rejects.toMatchObject({
      code: 50035,
    });
  });
});
