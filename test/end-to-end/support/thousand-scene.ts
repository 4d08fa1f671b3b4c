import { expect } from 'vitest';
import type { Reply } from '../../../sandbox/people/reply.ts';
import type { OptionValues } from '../../../sandbox/people/slash-data.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { type BotScene, type DatabaseKind, startScene } from '../../support/bot-scene.ts';
import { expectCountsToAddUp, resultOf } from '../progress-frames.ts';
import { mixedPoll } from './mixed-polls.ts';
import { type PollState, pollStates } from './poll-states.ts';
import { dumpPolls } from './polls-dump.ts';
import { seedPolls } from './seed-polls.ts';
import { pollCount, type Span, statusOf } from './thousand-kinds.ts';

const minute = 60_000;
const patienceMs = 3 * minute;
const pollChannels = 100;
/** Every fifth channel's messages are old, and Discord lets them be edited more slowly. */
const ages = { young: 30 * minute, old: 3 * 24 * 60 * minute };

/** An operation that has ended. */
export interface Ended {
  readonly progress: SandboxMessage;
  /** The answer to `Confirm`, or to the phrase. */
  readonly reply: Reply;
  /** From the command to the result. */
  readonly span: Span;
}

/** A bot under Discord's true limits, and two thousand polls in a hundred channels beside the office. */
export class ThousandScene {
  readonly scene: BotScene;
  /** What may be pinged. */
  readonly roleId: string;
  /** The polls when they were last looked at. */
  polls: readonly PollState[] = [];
  #logged = 0;

  private constructor(scene: BotScene, roleId: string) {
    this.scene = scene;
    this.roleId = roleId;
  }

  static async start(database: DatabaseKind): Promise<ThousandScene> {
    const scene = await startScene({
      database,
      channels: 1 + pollChannels,
      processes: 0,
      // Round trips as to Discord.
      sandbox: { limits: 'true', latency: 100 },
    });
    try {
      const role = scene.guild.addRole('voters', { mentionable: true });
      await seed(scene, role.id);
      const thousand = new ThousandScene(scene, role.id);
      await thousand.look();
      return thousand;
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  /**
   * Reads all polls and their messages, once nothing is under way: each message must show what the rows say, and nothing else
   * stand in the channels. For the embedded database the bot is stopped; it starts again for the next command.
   */
  async look(): Promise<readonly PollState[]> {
    const { scene } = this;
    if (!scene.env.DATABASE_URL && scene.processes.length > 0)
      expect(await scene.bot.kill('SIGTERM')).toBe(0);
    this.polls = pollStates(scene.sandbox, scene.guild.channels.slice(1), await dumpPolls(scene.env));
    return this.polls;
  }

  /** `/bulk …` of the thousand polls from `first` on, up to its result. */
  async run(command: string, first: number, options: OptionValues, phrase: string | null): Promise<Ended> {
    await this.#started();
    const from = Date.now();
    const polls = `${first}-${first + 999}`;
    return await this.#confirm(await this.scene.preview(command, { polls, ...options }), phrase, from);
  }

  async undo({ progress }: Ended): Promise<Ended> {
    await this.#started();
    const from = Date.now();
    const preview = await (await this.scene.admin.press(progress, 'Undo')).message();
    // What closes more than a hundred asks for a phrase, an undo too.
    const closes = Number(/polls closed again: (\d+)/.exec(preview.text)?.[1] ?? 0);
    return await this.#confirm(preview, closes > 100 ? 'UNDO 1000' : null, from);
  }

  async #confirm(preview: SandboxMessage, phrase: string | null, from: number): Promise<Ended> {
    const { admin } = this.scene;
    const pressed = await admin.press(preview, 'Confirm');
    const reply = phrase === null ? pressed : await admin.submit(pressed, phrase);
    const progress = await reply.message();
    await resultOf(progress, patienceMs);
    return { progress, reply, span: { from, to: Date.now() } };
  }

  async #started(): Promise<void> {
    const { processes } = this.scene;
    if (processes.length === 0 || this.scene.bot.child.exitCode !== null) await this.scene.start();
  }

  /**
   * All thousand are done; each frame of the progress message counted all of them, and none fewer done than the one before;
   * Discord found no fault; and polls' messages were written so many times at most. (How often a limit was met is for the
   * benchmark: here this process has two stand-ins to run, and sees requests later and in bunches.)
   */
  async expectCompleted({ progress }: Ended, writes = 1000): Promise<void> {
    const { sandbox, processes } = this.scene;
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [1000, 0, 0, 0] });
    expectCountsToAddUp(progress, 1000);
    expect(sandbox.violations).toEqual([]);
    const written = sandbox.requests
      .slice(this.#logged)
      .filter(
        ({ method, path, status }) => method !== 'GET' && path.startsWith('/channels/') && status !== 429,
      );
    this.#logged = sandbox.requests.length;
    expect(written.length).toBeLessThanOrEqual(writes);
    expect(processes.map((bot) => bot.problems()).join('')).toBe('');
  }

  async close(): Promise<void> {
    await this.scene.close();
  }
}

async function seed(scene: BotScene, roleId: string): Promise<void> {
  const { sandbox, guild } = scene;
  const now = Date.now();
  const channels = guild.channels.slice(1).map(({ id }, index) => {
    const age = index % 5 === 4 ? ages.old : ages.young;
    sandbox.backdate(age, id);
    return { id, bornAt: now - age };
  });
  const people = Array.from({ length: 12 }, () => sandbox.world.newId());
  const seeds = Array.from({ length: pollCount }, (_, index) =>
    mixedPoll(index + 1, statusOf(index + 1), { now, channels, people, roleId }),
  );
  await scene.inDatabase((db) => seedPolls(sandbox, db, seeds));
  for (const { id } of channels) sandbox.backdate(0, id);
}
