import { type ChatInputCommandInteraction, type Client, MessageFlags } from 'discord.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { clientWithCommands, onInteraction } from '../connected-client.ts';

describe('interactions', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;

  beforeEach(async () => {
    ({ sandbox, guild, client } = await clientWithCommands());
  });

  it('log in, register commands, and see guilds, channels and own permissions', () => {
    expect(client.user.username).toBe('gavel');
    const seen = client.guilds.cache.get(guild.id)!;
    expect(seen.channels.cache.map((channel) => channel.name)).toEqual(['votes', 'general']);
    expect(seen.members.me!.permissionsIn(guild.channels[0]!.id).has('ManageMessages')).toBe(true);
    expect([...sandbox.world.commands.values()].map(({ body }) => body.name)).toEqual([
      'bulk',
      'Select poll',
    ]);
    expect(sandbox.violations).toEqual([]);
  });

  it('bring a slash command with its options, deferred privately and answered by an edit', async () => {
    const failures = onInteraction(client, async (given) => {
      const interaction = given as ChatInputCommandInteraction;
      await interaction.deferReply({ flags: MessageFlags.Ephemeral });
      const { options } = interaction;
      const said = [
        options.getSubcommand(),
        options.getString('polls'),
        options.getUser('creator')?.username,
      ];
      said.push(options.getChannel('channel')?.name, String(options.getInteger('hours')));
      await interaction.editReply(said.join(' '));
    });
    const admin = sandbox.person({ name: 'Ada' });
    const channel = guild.channels[0]!;
    const reply = await admin.slash(channel.id, 'bulk close', {
      polls: '1-3',
      creator: admin.id,
      channel: channel.id,
      hours: 5,
    });
    expect(reply.type).toBe(5);
    expect(reply.acknowledgedAfterMs).toBeLessThan(1000);
    const message = await reply.message();
    expect(message.content).toBe('close 1-3 ada votes 5');
    expect(reply.ephemeral).toBe(true);
    expect(channel.messages).toEqual([]);
    expect(message.versions.length).toBe(2);
    expect(failures).toEqual([]);
    expect(sandbox.violations).toEqual([]);
  });

  it('refuse what the client would not let a person do', async () => {
    const admin = sandbox.person();
    const channel = guild.channels[0]!;
    await expect(admin.slash(channel, 'bulk close', {})).rejects.toThrow('polls is required');
    await expect(admin.slash(channel, 'bulk close', { polls: '1', hours: 100 })).rejects.toThrow('above 99');
    await expect(admin.slash(channel, 'bulk close', { polls: '1', nope: 1 })).rejects.toThrow(
      'no option "nope"',
    );
    await expect(admin.slash(channel, 'bulk', {})).rejects.toThrow('needs a subcommand');
  });

  it('offer autocomplete choices and run context commands', async () => {
    onInteraction(client, async (given) => {
      if (given.isAutocomplete())
        await given.respond([{ name: `for ${given.options.getFocused()}`, value: '1' }]);
      else if (given.isMessageContextMenuCommand())
        await given.reply({ content: given.targetMessage.content, flags: MessageFlags.Ephemeral });
    });
    const admin = sandbox.person();
    const channel = guild.channels[0]!;
    expect(await admin.autocomplete(channel, 'bulk close', { server: 'On' }, 'server')).toEqual([
      { name: 'for On', value: '1' },
    ]);
    const sendable = await client.channels.fetch(channel.id);
    if (!sendable?.isSendable()) throw new Error('not sendable');
    const sent = await sendable.send('the poll');
    const reply = await admin.contextMenu(sandbox.message(sent.id), 'Select poll');
    expect((await reply.message()).content).toBe('the poll');
  });
});
