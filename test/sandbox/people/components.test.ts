import { type ButtonInteraction, type Client, MessageFlags, type ModalSubmitInteraction } from 'discord.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { button, row } from '../buttons.ts';
import { clientWithCommands, onInteraction } from '../connected-client.ts';

describe('interactions', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client<true>;

  beforeEach(async () => {
    ({ sandbox, guild, client } = await clientWithCommands());
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
});
