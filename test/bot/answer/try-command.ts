import { expect, onTestFinished } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import type { Reply } from '../../../sandbox/people/reply.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { customId, word } from '../../../src/base/custom-ids/custom-id.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { PressHandler, SlashCommand } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import type { Respond } from '../../../src/bot/respond.ts';
import { type Subcommand, slashCommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import type { Db } from '../../../src/db/schema.ts';
import { freshPglite } from '../../support/pglite-databases.ts';
import { type PollsBot, startPollsBot } from '../polls-bot.ts';

/** What the command and the button under test do, set by each test. */
export interface Behaviour {
  run: () => Promise<MessageBody>;
  press: (respond: Respond) => Promise<void>;
  complete: () => Promise<readonly { name: string; value: string }[]>;
  ran: number;
}

export const tryId = customId('try', { what: word });
export const withButton: MessageBody = {
  content: 'press me',
  components: [{ type: 1, components: [{ type: 2, style: 2, label: 'Go', custom_id: 'try:1' }] }],
};

export interface Trying {
  readonly sandbox: Sandbox;
  readonly guild: SandboxGuild;
  readonly person: Person;
  /** The first one runs. What a test stops itself it takes out. */
  readonly bots: PollsBot[];
  readonly behaviour: Behaviour;
  readonly db: Db;
  readonly slash: () => Promise<Reply>;
  /** The answer to `slash`, which has the button. */
  readonly buttonMessage: () => Promise<SandboxMessage>;
}

/** A bot with the command and the button on a sandbox of its own, until the test ends. */
export async function trying(): Promise<Trying> {
  const { db, retire } = await freshPglite();
  const sandbox = await startSandbox({ limits: { scale: 0.02 } });
  const guild = sandbox.addGuild();
  const person = sandbox.person();
  const behaviour: Behaviour = {
    run: async () => withButton,
    press: async (respond) => await respond.update({ content: 'pressed' }),
    complete: async () => [],
    ran: 0,
  };
  const bots = [await startPollsBot(sandbox, db, { handlers: handlers(behaviour) })];
  onTestFinished(async () => {
    for (const bot of bots) await bot.stop();
    await sandbox.close();
    retire();
    expect(sandbox.violations).toEqual([]);
  });
  const slash = () => person.slash(guild.channels[0]!, 'try it');
  const buttonMessage = async () => await (await slash()).message();
  return { sandbox, guild, person, bots, behaviour, db, slash, buttonMessage };
}

export function handlers(behaviour: Behaviour): { commands: SlashCommand[]; presses: PressHandler[] } {
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

export function isCallback(request: { path: string; body?: unknown }, type: number): boolean {
  return /callback$/.test(request.path) && (request.body as { type?: number })?.type === type;
}
