import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Client,
  DiscordAPIError,
  MessageFlags,
  type ModalSubmitInteraction,
} from 'discord.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { SandboxGuild } from '../../sandbox/world/sandbox-guild.ts';
import { connect, definitions, onInteraction } from './support.ts';

describe('interactions', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;

  beforeEach(async () => {
    sandbox = await startSandbox({ limits: 'off' });
    guild = sandbox.addGuild({ name: 'One', channels: ['votes', 'general'] });
    client = await connect(sandbox);
    await client.application.commands.set(definitions as never);
  });

  afterEach(async () => {
    await client.destroy();
    await sandbox.close();
  });

  const row = (...buttons: object[]) => ({ type: 1, components: buttons }) as never;
  const button = (custom_id: string, label: string, more: object = {}) => ({
    type: 2,
    style: 1,
    custom_id,
    label,
    ...more,
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

  it('update the message of a pressed button, and leave disabled ones unpressed', async () => {
    onInteraction(client, async (given) => {
      const interaction = given as ButtonInteraction;
      await interaction.update({
        content: `pressed by ${interaction.user.id}`,
        components: [row(button('b', 'Done', { disabled: true }))],
      });
    });
    const channel = await client.channels.fetch(guild.channels[0]!.id);
    if (!channel?.isSendable()) throw new Error('not sendable');
    const sent = await channel.send({ content: 'poll', components: [row(button('a', 'Option A (3)'))] });
    const voter = sandbox.person();
    const message = sandbox.message(sent.id);
    const reply = await voter.press(message, 'Option A');
    expect((await reply.message()).content).toBe(`pressed by ${voter.id}`);
    await expect(voter.press(message, 'Done')).rejects.toThrow('disabled');
    await expect(voter.press(message, 'Gone')).rejects.toThrow('no button "Gone"');
  });

  it('open a modal and take what was typed, but no modal on a modal', async () => {
    let refusal: unknown;
    onInteraction(client, async (given) => {
      if (given.isChatInputCommand()) {
        const input = {
          type: 4,
          custom_id: 'phrase',
          label: 'Type DELETE 3',
          style: 1,
          placeholder: 'DELETE 3',
        };
        await given.showModal({ custom_id: 'confirm', title: 'Sure?', components: [row(input)] } as never);
      } else {
        const submit = given as ModalSubmitInteraction;
        refusal = await client.rest
          .post(`/interactions/${submit.id}/${submit.token}/callback`, {
            auth: false,
            body: {
              type: 9,
              data: {
                custom_id: 'x',
                title: 'x',
                components: [{ type: 1, components: [{ type: 4, custom_id: 'p', label: 'l', style: 1 }] }],
              },
            },
          })
          .catch((error: unknown) => error);
        await submit.reply({
          content: submit.fields.getTextInputValue('phrase'),
          flags: MessageFlags.Ephemeral,
        });
      }
    });
    const admin = sandbox.person();
    const reply = await admin.slash(guild.channels[0]!, 'bulk close', { polls: '1' });
    expect((await reply.modal()).title).toBe('Sure?');
    const answer = await (await admin.submit(reply, 'DELETE 3')).message();
    expect(answer.content).toBe('DELETE 3');
    expect(refusal).toMatchObject({ code: 50035 });
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

  it('send what was chosen in menus and typed below labels', async () => {
    const label = (text: string, component: object) => ({ type: 18, label: text, component });
    const options = ['active', 'closed'].map((value) => ({
      label: value.toUpperCase(),
      value,
      default: value === 'active',
    }));
    const menu = {
      type: 3,
      custom_id: 'status:1',
      placeholder: 'Status',
      options,
      min_values: 0,
      max_values: 2,
    };
    onInteraction(client, async (given) => {
      if (given.isChatInputCommand()) await given.reply({ content: 'pick', components: [row(menu)] });
      else if (given.isStringSelectMenu()) {
        const text = { type: 4, custom_id: 'zone', style: 1, required: false };
        const choice = { ...menu, placeholder: undefined, custom_id: 'state', required: false };
        const components = [label('Zone', text), label('State', choice)];
        await given.showModal({ custom_id: given.values.join('+'), title: 'Settings', components } as never);
      } else if (given.isModalSubmit() && given.isFromMessage()) {
        const said = [
          given.customId,
          given.fields.getTextInputValue('zone'),
          ...given.fields.getStringSelectValues('state'),
        ];
        await given.update({ content: said.join(' ') });
      }
    });
    const admin = sandbox.person();
    const message = await (await admin.slash(guild.channels[0]!, 'bulk close', { polls: '1' })).message();
    await expect(admin.choose(message, 'Status', ['open'])).rejects.toThrow('offers no "open"');
    const chosen = await admin.choose(message, 'Status', ['CLOSED', 'active']);
    await expect(admin.submit(chosen, { Place: 'x' })).rejects.toThrow('no field "Place"');
    const answer = await (await admin.submit(chosen, { Zone: 'UTC' })).message();
    expect(answer).toBe(message);
    expect(answer.content).toBe('closed+active UTC active');
    expect(sandbox.violations).toEqual([]);
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
    await client.destroy();
    await sandbox.close();
    let skew = 0;
    sandbox = await startSandbox({ limits: 'off', acknowledgeMs: 300, now: () => Date.now() + skew });
    guild = sandbox.addGuild();
    client = await connect(sandbox);
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
