import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { type Subcommand, slashCommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { startPollsBot } from '../polls-bot.ts';
import { trying } from './try-command.ts';

const novel: Subcommand = {
  definition: subcommandDefinition('novel', 'Something new'),
  acknowledge: 'private',
  run: async () => ({ content: 'new' }),
};

describe('an interaction', () => {
  test('is acknowledged privately before its command runs, and then answered', async () => {
    const { behaviour, slash } = await trying();
    const gate = Promise.withResolvers<void>();
    behaviour.run = async () => {
      await gate.promise;
      return { content: 'done' };
    };
    const reply = await slash();
    expect(reply.type).toBe(5);
    gate.resolve();
    expect((await reply.message()).content).toBe('done');
    expect(reply.ephemeral).toBe(true);
  });

  test('of a subcommand in a group goes to that subcommand', async () => {
    const { guild, person, behaviour } = await trying();
    const reply = await person.slash(guild.channels[0]!, 'try more still');
    expect((await reply.message()).content).toBe('still there');
    expect(behaviour.ran).toBe(0);
  });

  test('of a subcommand that responds by itself posts in public as its response', async () => {
    const { guild, person, behaviour } = await trying();
    behaviour.press = async (respond) => {
      await respond.message({ content: 'progress' }, { private: false });
    };
    const reply = await person.slash(guild.channels[0]!, 'try aloud');
    expect([reply.type, reply.ephemeral]).toEqual([4, false]);
    expect((await reply.message()).content).toBe('progress');
  });

  test('of a subcommand that responds by itself and refuses tells the caller alone', async () => {
    const { guild, person, behaviour } = await trying();
    behaviour.press = async () => {
      throw new UserError('Not yours.');
    };
    const reply = await person.slash(guild.channels[0]!, 'try aloud');
    expect((await reply.message()).content).toBe('Not yours.');
    expect(reply.ephemeral).toBe(true);
  });

  test('of a subcommand that this version does not have is refused in words', async () => {
    const { sandbox, guild, person, db } = await trying();
    const newer = await startPollsBot(sandbox, db, {
      processId: 'newer',
      handlers: { commands: [slashCommand({ name: 'try', description: 'Newer' }, [novel], async () => [])] },
    });
    await newer.stop();
    const reply = await person.slash(guild.channels[0]!, 'try novel');
    expect((await reply.message()).content).toContain('does not know this command (any more)');
    expect(reply.ephemeral).toBe(true);
  });

  test('that is refused is answered with the reason', async () => {
    const { behaviour, slash } = await trying();
    behaviour.run = async () => {
      throw new UserError('Poll #12 was not found.');
    };
    expect((await (await slash()).message()).content).toBe('Poll #12 was not found.');
  });

  test('that fails is answered without a word about why', async () => {
    const { behaviour, slash } = await trying();
    behaviour.run = async () => {
      throw new Error('password=hunter2 at line 12');
    };
    const { content } = await (await slash()).message();
    expect(content).toMatch(/^Something went wrong \(reference `\w+`\)/);
    expect(content).not.toContain('hunter2');
  });

  test('whose answer Discord finds fault with is answered all the same', async () => {
    const { sandbox, behaviour, slash } = await trying();
    behaviour.run = async () => ({ content: 'x'.repeat(2001) });
    expect((await (await slash()).message()).content).toContain('Something went wrong');
    expect(sandbox.violations).toHaveLength(1);
    sandbox.clearLog();
  });

  test('outside of servers is refused', async () => {
    const { person } = await trying();
    const reply = await person.slash(person.direct, 'poll list', {}, { force: true });
    expect((await reply.message()).content).toContain('in servers only');
  });

  test('of autocomplete gets at most 25 choices within limits, and none when that fails', async () => {
    const { guild, person, behaviour } = await trying();
    behaviour.complete = async () =>
      Array.from({ length: 30 }, (_, n) => ({ name: `${n} ${'n'.repeat(200)}`, value: String(n) }));
    const choices = await person.autocomplete(guild.channels[0]!, 'try it', { what: 'x' }, 'what');
    expect(choices).toHaveLength(25);
    expect(choices[0]?.name.length).toBeLessThanOrEqual(100);
    behaviour.complete = async () => {
      throw new Error('no');
    };
    expect(await person.autocomplete(guild.channels[0]!, 'try it', { what: 'x' }, 'what')).toEqual([]);
  });

  test('under way is finished before the bot stops', async () => {
    const { bots, behaviour, slash } = await trying();
    const gate = Promise.withResolvers<void>();
    behaviour.run = async () => {
      await gate.promise;
      return { content: 'done' };
    };
    const reply = await slash();
    const stopping = bots[0]!.stop();
    bots.length = 0;
    gate.resolve();
    await stopping;
    expect((await reply.message()).content).toBe('done');
  });
});
