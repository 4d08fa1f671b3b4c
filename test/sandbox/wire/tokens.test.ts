import { type ChatInputCommandInteraction, type Client, DiscordAPIError, MessageFlags } from 'discord.js';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { button, row } from '../buttons.ts';
import {
  clientWithCommands,
  connect,
  connectedClient,
  definitions,
  onInteraction,
} from '../connected-client.ts';

describe('interactions', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;

  beforeEach(async () => {
    ({ sandbox, guild, client } = await clientWithCommands());
  });

  it('put the first follow-up in the place of the deferral, and further ones behind it', async () => {
    onInteraction(client, async (given) => {
      if (!given.isChatInputCommand()) return;
      await given.deferReply({ flags: MessageFlags.Ephemeral });
      await given.followUp('first');
      await given.followUp({ content: 'second', flags: MessageFlags.Ephemeral });
    });
    const reply = await sandbox.person().slash(guild.channels[0]!, 'bulk close', { polls: '1' });
    const second = await reply.followUp();
    expect(reply.interaction.original!.content).toBe('first');
    expect([second.content, second.ephemeral]).toEqual(['second', true]);
  });

  it('keep private messages from everybody but their own token', async () => {
    const tokens: string[] = [];
    onInteraction(client, async (given) => {
      if (!given.isRepliable()) return;
      tokens.push(given.token);
      if (given.isButton()) await given.deferUpdate();
      else
        await given.reply({
          content: 'secret',
          flags: MessageFlags.Ephemeral,
          components: [row(button('a', 'A'))],
        });
    });
    const admin = sandbox.person();
    const channel = guild.channels[0]!;
    const secret = await (await admin.slash(channel, 'bulk close', { polls: '1' })).message();
    const asBot = await client.rest
      .patch(`/channels/${channel.id}/messages/${secret.id}`, { body: { content: 'x' } })
      .catch((e) => e);
    expect(asBot).toMatchObject({ status: 404, code: 10008 });
    await admin.slash(channel, 'bulk close', { polls: '2' });
    const edit = (token: string, id: string) =>
      client.rest.patch(`/webhooks/${client.application.id}/${token}/messages/${id}`, {
        auth: false,
        body: { content: 'by token' },
      });
    await expect(edit(tokens[1]!, secret.id)).rejects.toMatchObject({ code: 10008 });
    await edit(tokens[0]!, '@original');
    expect(secret.content).toBe('by token');
    await admin.press(secret, 'A');
    await edit(tokens[2]!, secret.id);
    await edit(tokens[2]!, '@original');
    const other = sandbox.person();
    await expect(other.press(secret, 'A')).rejects.toThrow('does not see');
  });

  it('are acknowledged once, in time, with a token for a quarter of an hour', async () => {
    let skew = 0;
    const options = { limits: 'off', acknowledgeMs: 300, now: () => Date.now() + skew } as const;
    const { sandbox, guild, client } = await connectedClient(options);
    await client.application.commands.set(definitions as never);
    const seen: ChatInputCommandInteraction[] = [];
    const errors: unknown[] = [];
    let late = false;
    onInteraction(client, async (given) => {
      const interaction = given as ChatInputCommandInteraction;
      seen.push(interaction);
      if (late) skew += 301;
      await interaction.deferReply().catch((error: unknown) => errors.push(error));
      const again = { auth: false, body: { type: 5 } };
      await client.rest
        .post(`/interactions/${given.id}/${given.token}/callback`, again)
        .catch((error: unknown) => errors.push(error));
    });
    const admin = sandbox.person();
    const reply = await admin.slash(guild.channels[0]!, 'bulk close', { polls: '1' });
    await vi.waitFor(() => expect(errors).toMatchObject([{ status: 400, code: 40060 }]));
    skew += 15 * 60_000;
    await expect(seen[0]!.editReply('late')).rejects.toMatchObject({ status: 401, code: 50027 });
    expect(reply.interaction.original!.loading).toBe(true);
    late = true;
    await admin.slash(guild.channels[0]!, 'bulk close', { polls: '2' });
    await vi.waitFor(() => expect(errors[1]).toBeInstanceOf(DiscordAPIError));
    expect(sandbox.requests.some((request) => request.code === 10062)).toBe(true);
  });

  it('reach every connected process, and the same one twice when replayed', async () => {
    const second = await connect(sandbox);
    const heard: string[] = [];
    for (const [name, one] of [
      ['first', client],
      ['second', second],
    ] as const)
      onInteraction(one, async (given) => {
        heard.push(`${name} ${given.id}`);
        await (given as ChatInputCommandInteraction).deferReply();
      });
    const reply = await sandbox.person().slash(guild.channels[0]!, 'bulk close', { polls: '1' });
    sandbox.deliver(reply.interaction);
    const refused = () => sandbox.requests.filter((request) => request.code === 40060).length;
    await sandbox.untilRequest(() => refused() === 3);
    expect(new Set(heard).size).toBe(2);
    expect(heard.length).toBe(4);
    await second.destroy();
  });
});
