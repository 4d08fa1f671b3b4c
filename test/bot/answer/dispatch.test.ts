import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { customId, word } from '../../../src/base/custom-ids/custom-id.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { PressHandler, SlashCommand } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import type { Respond } from '../../../src/bot/respond.ts';
import { type Subcommand, slashCommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import type { Db } from '../../../src/db/schema.ts';
import { freshPglite } from '../../support/pglite-databases.ts';
import { type PollsBot, startPollsBot } from '../polls-bot.ts';

/** What the command and the button under test do, set by each test. */
interface Behaviour {
  run: () => Promise<MessageBody>;
  press: (respond: Respond) => Promise<void>;
  complete: () => Promise<readonly { name: string; value: string }[]>;
  ran: number;
}

const tryId = customId('try', { what: word });
const novel: Subcommand = {
  definition: subcommandDefinition('novel', 'Something new'),
  acknowledge: 'private',
  run: async () => ({ content: 'new' }),
};
const withButton: MessageBody = {
  content: 'press me',
  components: [{ type: 1, components: [{ type: 2, style: 2, label: 'Go', custom_id: 'try:1' }] }],
};

describe('an interaction', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let person: Person;
  let bots: PollsBot[];
  let behaviour: Behaviour;
  let db: Db;
  let retire: () => void;

  beforeEach(async () => {
    ({ db, retire } = await freshPglite());
    sandbox = await startSandbox({ limits: { scale: 0.02 } });
    guild = sandbox.addGuild();
    person = sandbox.person();
    behaviour = {
      run: async () => withButton,
      press: async (respond) => await respond.update({ content: 'pressed' }),
      complete: async () => [],
      ran: 0,
    };
    bots = [await startPollsBot(sandbox, db, { handlers: handlers(behaviour) })];
  });

  afterEach(async () => {
    for (const bot of bots) await bot.stop();
    await sandbox.close();
    retire();
    expect(sandbox.violations).toEqual([]);
  });

  const slash = () => person.slash(guild.channels[0]!, 'try it');
  const buttonMessage = async (): Promise<SandboxMessage> => await (await slash()).message();

  test('is acknowledged privately before its command runs, and then answered', async () => {
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
    const reply = await person.slash(guild.channels[0]!, 'try more still');
    expect((await reply.message()).content).toBe('still there');
    expect(behaviour.ran).toBe(0);
  });

  test('of a subcommand that responds by itself posts in public as its response', async () => {
    behaviour.press = async (respond) => {
      await respond.message({ content: 'progress' }, { private: false });
    };
    const reply = await person.slash(guild.channels[0]!, 'try aloud');
    expect([reply.type, reply.ephemeral]).toEqual([4, false]);
    expect((await reply.message()).content).toBe('progress');
  });

  test('of a subcommand that responds by itself and refuses tells the caller alone', async () => {
    behaviour.press = async () => {
      throw new UserError('Not yours.');
    };
    const reply = await person.slash(guild.channels[0]!, 'try aloud');
    expect((await reply.message()).content).toBe('Not yours.');
    expect(reply.ephemeral).toBe(true);
  });

  test('of a subcommand that this version does not have is refused in words', async () => {
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
    behaviour.run = async () => {
      throw new UserError('Poll #12 was not found.');
    };
    expect((await (await slash()).message()).content).toBe('Poll #12 was not found.');
  });

  test('that fails is answered without a word about why', async () => {
    behaviour.run = async () => {
      throw new Error('password=hunter2 at line 12');
    };
    const { content } = await (await slash()).message();
    expect(content).toMatch(/^Something went wrong \(reference `\w+`\)/);
    expect(content).not.toContain('hunter2');
  });

  test('whose answer Discord finds fault with is answered all the same', async () => {
    behaviour.run = async () => ({ content: 'x'.repeat(2001) });
    expect((await (await slash()).message()).content).toContain('Something went wrong');
    expect(sandbox.violations).toHaveLength(1);
    sandbox.clearLog();
  });

  test('still acts and answers when the reply to its acknowledgement is lost', async () => {
    sandbox.faults.add({ match: { path: /callback$/ }, times: 1, loseReply: true });
    expect((await (await slash()).message()).content).toBe('press me');
    expect(behaviour.ran).toBe(1);
  });

  test('is acknowledged at the second try when the first was refused with 503', async () => {
    sandbox.faults.add({ match: { path: /callback$/ }, times: 1, status: 503 });
    expect((await (await slash()).message()).content).toBe('press me');
  });

  test('that Discord gave up on before it was acknowledged is no error of ours', async () => {
    // Whether the acknowledgement arrived is unknown, so it is acted on; it did not, so nobody hears of it.
    sandbox.faults.add({ match: { path: /callback$/ }, loseRequest: true });
    expect((await slash()).acknowledged).toBe(false);
    await sandbox.untilRequest(({ path, code }) => /@original$/.test(path) && code === 10015);
    await bots[0]!.stop();
    expect(behaviour.ran).toBe(1);
    expect(bots.splice(0)[0]!.errors).toEqual([]);
  });

  test('that two processes get is handled by one', async () => {
    bots.push(await startPollsBot(sandbox, db, { processId: 'other', handlers: handlers(behaviour) }));
    for (let n = 0; n < 5; n += 1) expect((await (await slash()).message()).content).toBe('press me');
    await Promise.all(bots.splice(0).map((bot) => bot.stop()));
    expect(behaviour.ran).toBe(5);
    const refused = sandbox.requests.filter(
      (request) => /callback$/.test(request.path) && request.status !== 200,
    );
    expect(refused.length).toBeGreaterThan(0);
  });

  test('of a button updates its message', async () => {
    const message = await buttonMessage();
    const reply = await person.press(message, 'Go');
    expect(reply.type).toBe(7);
    expect(message.content).toBe('pressed');
    expect(message.buttons).toEqual([]);
  });

  test('of a slow button is acknowledged without a word and then updates its message', async () => {
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
    const message = await buttonMessage();
    behaviour.press = async () => undefined;
    expect((await person.press(message, 'Go')).type).toBe(6);
  });

  test('of a button can open a modal', async () => {
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
    const message = await buttonMessage();
    for (const id of ['old:1', '', ':::', 'vote:x:y', 'vote:99999999999:0', `x${'y'.repeat(99)}`]) {
      const reply = await person.pressCustomId(message, id);
      expect((await reply.message()).content).toMatch(/no longer works|was not found/);
      expect(reply.ephemeral).toBe(true);
    }
  });

  test('outside of servers is refused', async () => {
    const reply = await person.slash(person.direct, 'poll list', {}, { force: true });
    expect((await reply.message()).content).toContain('in servers only');
  });

  test('of autocomplete gets at most 25 choices within limits, and none when that fails', async () => {
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

describe('the commands', () => {
  test('are registered once and again only after a change', async () => {
    const { db, retire } = await freshPglite();
    const sandbox = await startSandbox({ limits: 'off' });
    sandbox.addGuild();
    const puts = () => sandbox.requests.filter((request) => request.method === 'PUT').length;
    const behaviour = {
      run: async () => withButton,
      press: async () => undefined,
      complete: async () => [],
      ran: 0,
    };
    for (const expected of [1, 1]) {
      const bot = await startPollsBot(sandbox, db, { handlers: handlers(behaviour) });
      expect(puts()).toBe(expected);
      await bot.stop();
    }
    const bot = await startPollsBot(sandbox, db);
    expect(puts()).toBe(2);
    await bot.stop();
    await sandbox.close();
    retire();
    expect(sandbox.violations).toEqual([]);
  });
});

describe('who asks', () => {
  test('is told by the interaction: super admin, server admin or nobody', async () => {
    const { db, retire } = await freshPglite();
    const sandbox = await startSandbox({ limits: 'off' });
    const guild = sandbox.addGuild();
    const people = {
      chief: sandbox.person(),
      admin: sandbox.person({ permissions: permission.manageGuild }),
      owner: sandbox.person({ permissions: permission.administrator }),
      voter: sandbox.person(),
    };
    const scopes: unknown[] = [];
    const command: SlashCommand = {
      definition: { name: 'who', description: 'Who asks' },
      handlers: new Map([
        [
          '',
          {
            acknowledge: 'private',
            run: async ({ caller }) => {
              scopes.push(caller.scope);
              return { content: 'ok' };
            },
          },
        ],
      ]),
    };
    const bot = await startPollsBot(sandbox, db, {
      superAdminIds: [people.chief.id],
      handlers: { commands: [command] },
    });
    for (const one of Object.values(people)) await (await one.slash(guild.channels[0]!, 'who')).message();
    const here = { all: false, serverId: guild.id };
    expect(scopes).toEqual([{ all: true }, here, here, null]);
    await bot.stop();
    await sandbox.close();
    retire();
  });
});

function handlers(behaviour: Behaviour): { commands: SlashCommand[]; presses: PressHandler[] } {
  const what = { type: 3, name: 'what', description: 'What', autocomplete: true } as const;
  const it: Subcommand = {
    definition: subcommandDefinition('it', 'Try it', what),
    acknowledge: 'private',
    run: async () => {
      behaviour.ran += 1;
      return await behaviour.run();
    },
  };
  const aloud: Subcommand = {
    definition: subcommandDefinition('aloud', 'Try it in public'),
    acknowledge: 'self',
    run: ({ respond }) => behaviour.press(respond),
  };
  const still: Subcommand = {
    definition: subcommandDefinition('still', 'Try it once more'),
    acknowledge: 'private',
    run: async () => ({ content: 'still there' }),
  };
  const more = { name: 'more', description: 'Try more', subcommands: [still] };
  return {
    commands: [
      slashCommand({ name: 'try', description: 'Try something' }, [it, aloud, more], () =>
        behaviour.complete(),
      ),
    ],
    presses: [onPress(tryId, { acknowledge: 'self', run: ({ respond }) => behaviour.press(respond) })],
  };
}

function isCallback(request: { path: string; body?: unknown }, type: number): boolean {
  return /callback$/.test(request.path) && (request.body as { type?: number })?.type === type;
}
