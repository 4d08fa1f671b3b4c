import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { startPollsBot } from '../polls-bot.ts';
import { handlers, isCallback, trying, withButton } from './try-command.ts';

describe('an interaction', () => {
  test('of a button updates its message', async () => {
    const { person, buttonMessage } = await trying();
    const message = await buttonMessage();
    const reply = await person.press(message, 'Go');
    expect(reply.type).toBe(7);
    expect(message.content).toBe('pressed');
    expect(message.buttons).toEqual([]);
  });

  test('of a slow button is acknowledged without a word and then updates its message', async () => {
    const { sandbox, person, behaviour, buttonMessage } = await trying();
    const message = await buttonMessage();
    behaviour.press = async (respond) => {
      await sandbox.untilRequest((request) => isCallback(request, 6));
      await respond.update({ content: 'pressed late' });
    };
    const reply = await person.press(message, 'Go');
    expect(reply.type).toBe(6);
    await message.until((shown) => shown.content === 'pressed late');
  });

  test('of a slow button that another process acknowledges is left to that one, and harms nobody', async () => {
    const { sandbox, person, bots, behaviour, db, slash, buttonMessage } = await trying();
    const message = await buttonMessage();
    bots.push(await startPollsBot(sandbox, db, { processId: 'other', handlers: handlers(behaviour) }));
    const gate = Promise.withResolvers<void>();
    let pressed = 0;
    behaviour.press = async (respond) => {
      pressed += 1;
      await gate.promise;
      await respond.update({ content: 'pressed' });
    };
    // Both acknowledge while their handlers are still at work: one of them is refused.
    const reply = await person.press(message, 'Go');
    await sandbox.untilRequest(({ path, code }) => /callback$/.test(path) && code === 40060);
    expect(reply.acknowledged).toBe(true);
    // Time enough to hear of it: another command is answered meanwhile.
    await (await slash()).message();
    gate.resolve();
    await message.until(({ content }) => content === 'pressed');
    expect(pressed).toBe(2);
    await Promise.all(bots.map((bot) => bot.stop()));
    expect(bots.splice(0).flatMap(({ errors }) => errors)).toEqual([]);
  });

  test('of a slow button can still post in public, and says where', async () => {
    const { sandbox, guild, person, bots, behaviour, buttonMessage } = await trying();
    const message = await buttonMessage();
    let posted: string | null = null;
    behaviour.press = async (respond) => {
      await sandbox.untilRequest((request) => isCallback(request, 6));
      posted = (await respond.message({ content: 'progress' }, { private: false })).messageId;
    };
    await person.press(message, 'Go');
    const progress = await guild.channels[0]!.until((one) => one.content === 'progress');
    await bots[0]!.stop();
    bots.length = 0;
    expect(posted).toBe(progress.id);
  });

  test('of a button posts in public as its response, and says where even when Discord’s answer is lost', async () => {
    const { sandbox, guild, person, bots, behaviour, buttonMessage } = await trying();
    const message = await buttonMessage();
    const posted: (string | null)[] = [];
    behaviour.press = async (respond) => {
      posted.push((await respond.message({ content: 'progress' }, { private: false })).messageId);
    };
    expect((await person.press(message, 'Go')).type).toBe(4);
    sandbox.faults.add({ match: { path: /callback$/ }, times: 1, loseReply: true });
    await person.press(message, 'Go');
    await bots[0]!.stop();
    bots.length = 0;
    expect(posted).toEqual(guild.channels[0]!.messages.map((one) => one.id));
    expect(posted).toHaveLength(2);
  });

  test('of a button that is refused tells the caller alone, before and after a response', async () => {
    const { person, behaviour, buttonMessage } = await trying();
    const message = await buttonMessage();
    behaviour.press = async () => {
      throw new UserError('Not yours.');
    };
    const before = await person.press(message, 'Go');
    expect((await before.message()).content).toBe('Not yours.');
    expect(before.ephemeral).toBe(true);
    behaviour.press = async (respond) => {
      await respond.update({ content: 'half', components: withButton.components! });
      throw new UserError('Not quite.');
    };
    const after = await person.press(message, 'Go');
    const followUp = await after.followUp();
    expect([followUp.content, followUp.ephemeral]).toEqual(['Not quite.', true]);
  });

  test('of a button whose handler says nothing is acknowledged', async () => {
    const { person, behaviour, buttonMessage } = await trying();
    const message = await buttonMessage();
    behaviour.press = async () => undefined;
    expect((await person.press(message, 'Go')).type).toBe(6);
  });

  test('of a button can open a modal', async () => {
    const { person, behaviour, buttonMessage } = await trying();
    const message = await buttonMessage();
    behaviour.press = (respond) =>
      respond.modal({
        custom_id: 'try:modal',
        title: 'Sure?',
        components: [{ type: 18, label: 'Phrase', component: { type: 4, custom_id: 'phrase', style: 1 } }],
      });
    const reply = await person.press(message, 'Go');
    expect((await reply.modal()).title).toBe('Sure?');
    behaviour.press = (respond) => respond.update({ content: 'confirmed' });
    await person.submit(reply, 'DELETE 3');
    expect(message.content).toBe('confirmed');
  });

  test('of an unknown button, however its id looks, is refused privately', async () => {
    const { person, buttonMessage } = await trying();
    const message = await buttonMessage();
    for (const id of ['old:1', '', ':::', 'vote:x:y', 'vote:99999999999:0', `x${'y'.repeat(99)}`]) {
      const reply = await person.pressCustomId(message, id);
      expect((await reply.message()).content).toMatch(/no longer works|was not found/);
      expect(reply.ephemeral).toBe(true);
    }
  });
});
