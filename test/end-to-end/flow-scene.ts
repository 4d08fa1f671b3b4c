import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { Person } from '../../sandbox/people/person.ts';
import type { OptionValues } from '../../sandbox/people/slash-data.ts';
import type { LimitMode } from '../../sandbox/rules/limits.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { SandboxChannel } from '../../sandbox/world/channel.ts';
import type { SandboxMessage } from '../../sandbox/world/message.ts';
import { permission } from '../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../sandbox/world/sandbox-guild.ts';
import { type Config, loadConfig } from '../../src/base/config.ts';
import { createLogger } from '../../src/base/log.ts';
import { StartSteps } from '../../src/base/start-steps.ts';
import { type Gavel, startGavel } from '../../src/gavel.ts';
import { freshPostgresUrl } from '../support/databases.ts';
import { JumpingClock } from '../support/jumping-clock.ts';
import { unpackMigrated } from '../support/pglite-databases.ts';

export type DatabaseKind = 'pglite' | 'postgres';

export interface FlowOptions {
  readonly bulk?: Partial<Config['bulk']>;
  /** Of the first guild. */
  readonly channels?: number | readonly string[];
  /** Default: Discord's windows, fifty times shorter. */
  readonly limits?: LimitMode;
}

/** A poll as its admin knows it: the number from the answer, and the message behind the link. */
export interface FlowPoll {
  readonly id: number;
  readonly message: SandboxMessage;
  readonly channel: SandboxChannel;
}

/** The whole bot in this process, on a sandbox and a database of its own; driven through interactions only. */
export class FlowScene {
  readonly sandbox: Sandbox;
  readonly guild: SandboxGuild;
  /** *Manage Server* in every guild. */
  readonly admin: Person;
  readonly superAdmin: Person;
  readonly voter: Person;
  /** What was logged as an error. */
  readonly problems: string[] = [];
  /** The bot's, not the sandbox'. */
  readonly #clock = new JumpingClock();
  readonly #stopDatabase: () => Promise<void>;
  #gavel: Gavel | null = null;

  private constructor(sandbox: Sandbox, options: FlowOptions, stopDatabase: () => Promise<void>) {
    this.sandbox = sandbox;
    this.#stopDatabase = stopDatabase;
    this.guild = sandbox.addGuild({
      name: 'Home',
      channels: options.channels ?? ['general', 'votes', 'more'],
    });
    this.admin = sandbox.person({ name: 'Ada', permissions: permission.manageGuild });
    this.superAdmin = sandbox.person({ name: 'Sue' });
    this.voter = sandbox.person({ name: 'Vic' });
  }

  static async start(kind: DatabaseKind, options: FlowOptions = {}): Promise<FlowScene> {
    const sandbox = await startSandbox({ limits: options.limits ?? { scale: 0.02 } });
    const directory = kind === 'pglite' ? await mkdtemp(join(tmpdir(), 'gavel-flow-')) : null;
    if (directory) await unpackMigrated(join(directory, 'database'));
    const scene = new FlowScene(sandbox, options, async () => {
      if (directory) await rm(directory, { recursive: true, force: true });
    });
    const config = loadConfig({
      DISCORD_TOKEN: sandbox.token,
      DISCORD_API_URL: sandbox.apiUrl,
      SUPER_ADMIN_IDS: scene.superAdmin.id,
      ...(directory ? { DATA_DIR: directory } : { DATABASE_URL: await freshPostgresUrl() }),
    });
    const destination = {
      write: (line: string) => {
        const parsed = JSON.parse(line);
        if (parsed.level >= 50) scene.problems.push(`${parsed.msg}: ${parsed.err?.stack ?? ''}`);
      },
    };
    const bulk = { ...config.bulk, confirmDelayMs: 0, ...options.bulk };
    const log = createLogger('info', destination);
    const stopping = new AbortController().signal;
    scene.#gavel = await startGavel({ ...config, bulk }, log, {
      steps: new StartSteps(log, stopping),
      stopping,
      lost: (reason) => scene.problems.push(reason),
      clock: scene.#clock,
    });
    return scene;
  }

  /** Moves the bot's time of day so many milliseconds from the true one. */
  set ahead(ms: number) {
    this.#clock.ahead = ms;
  }

  async stop(): Promise<void> {
    await this.#gavel?.stop();
    await this.sandbox.close();
    await this.#stopDatabase();
  }

  channel(name: string): SandboxChannel {
    return this.guild.channel(name);
  }

  /** Creates one poll and returns once its message stands. */
  async poll(
    channel: SandboxChannel,
    options: OptionValues = {},
    by: Person = this.admin,
  ): Promise<FlowPoll> {
    const wanted = { question: 'Tea or coffee?', options: 'Tea | Coffee', ...options };
    const answer = await (await by.slash(channel, 'poll create', wanted)).message(30_000);
    const found = /#(\d+) .*https:\/\/discord\.com\/channels\/\d+\/\d+\/(\d+)/s.exec(answer.text);
    if (!found) throw new Error(`no poll was created: ${answer.text}`);
    return { id: Number(found[1]), message: this.sandbox.message(found[2]!), channel };
  }

  /** So many polls, spread over the channels, in the order of their numbers. */
  async polls(
    count: number,
    channels: readonly SandboxChannel[],
    options: OptionValues = {},
  ): Promise<FlowPoll[]> {
    const made = Array.from({ length: count }, (_, index) =>
      this.poll(channels[index % channels.length]!, { question: `Question ${index + 1}?`, ...options }),
    );
    return (await Promise.all(made)).sort((a, b) => a.id - b.id);
  }

  /** Runs `/bulk close` and returns what comes: a preview, or a refusal. */
  async preview(
    polls: readonly FlowPoll[],
    options: OptionValues = {},
    by: Person = this.admin,
  ): Promise<SandboxMessage> {
    const written = polls.map((poll) => poll.id).join(',');
    return await (
      await by.slash(this.channel('general'), 'bulk close', { polls: written, ...options })
    ).message();
  }

  /** Previews, confirms, and returns the progress message. */
  async begin(
    polls: readonly FlowPoll[],
    options: OptionValues = {},
    by: Person = this.admin,
  ): Promise<SandboxMessage> {
    const preview = await this.preview(polls, options, by);
    const reply = await by.press(preview, 'Confirm');
    return await reply.message();
  }

  /** Runs a slash command in #general; the text of its answer. */
  async ask(command: string, options: OptionValues = {}, by: Person = this.admin): Promise<SandboxMessage> {
    return await (await by.slash(this.channel('general'), command, options)).message();
  }

  /** Requests of the bot to the messages of a channel. */
  requestsTo(channel: SandboxChannel, method: string) {
    return this.sandbox.requests.filter(
      (request) => request.method === method && request.path.startsWith(`/channels/${channel.id}/messages`),
    );
  }
}

/** Declares tests on one bot that starts before them; after each of them the rules that always hold are checked. */
export function describeFlow(
  name: string,
  options: FlowOptions & { readonly databases?: readonly DatabaseKind[] },
  declare: (scene: () => FlowScene) => void,
): void {
  for (const kind of options.databases ?? ['postgres']) {
    describe(`${name} (${kind === 'pglite' ? 'embedded' : 'PostgreSQL'})`, () => {
      let scene: FlowScene | undefined;
      beforeAll(async () => {
        scene = await FlowScene.start(kind, options);
      });
      afterAll(() => scene?.stop());
      afterEach(() => {
        if (scene) expectNothingBroken(scene);
      });
      declare(() => scene!);
    });
  }
}

/** Discord found no fault, everything was answered in time, and nobody was pinged but by the role that a test names. */
export function expectNothingBroken(scene: FlowScene): void {
  const { sandbox } = scene;
  // Taken out, so that one test's trouble is not the next one's.
  const [problems, violations] = [scene.problems.splice(0), [...sandbox.violations]];
  sandbox.clearLog();
  expect(violations).toEqual([]);
  expect(problems).toEqual([]);
  const late = [...sandbox.world.interactions.values()].filter(
    ({ acknowledgedAt, createdAt }) => acknowledgedAt === null || acknowledgedAt - createdAt >= 3000,
  );
  expect(late.map(({ payload }) => payload)).toEqual([]);
  expect(pings(sandbox)).toEqual([]);
}

function pings(sandbox: Sandbox): string[] {
  return sandbox.messages.flatMap((message) =>
    message.versions
      .filter(({ content }) => !/^<@&\d+> Poll #\d+ is open/.test(content))
      .filter(({ mentions }) => mentions.everyone || mentions.users.length > 0 || mentions.roles.length > 0)
      .map(({ content }) => content),
  );
}

/** What a progress message counted in each of its versions. */
export function frames(message: SandboxMessage) {
  return message.versions.flatMap(({ embeds }) => {
    const value = (name: string) => embeds[0]?.fields?.find((field) => field.name === name)?.value;
    if (value('Done') === undefined) return [];
    const counts = ['Done', 'Failed', 'Skipped', 'Waiting'].map((name) => {
      expect(value(name)).toMatch(/^\d+$/);
      return Number(value(name));
    });
    return [{ done: counts[0]!, failed: counts[1]!, skipped: counts[2]!, waiting: counts[3]! }];
  });
}

/** Every version counts up to the total, and `Done` never goes back. */
export function expectCountsToAddUp(message: SandboxMessage, total: number): void {
  const all = frames(message);
  expect(all.length).toBeGreaterThan(0);
  for (const { done, failed, skipped, waiting } of all) expect(done + failed + skipped + waiting).toBe(total);
  const done = all.map((frame) => frame.done);
  expect(done).toEqual([...done].sort((a, b) => a - b));
}

const results = ['completed', 'completed with failures', 'cancelled', 'timed out', 'failed'];

/** Waits for the result; its word, and the last counts in the order done, failed, skipped, waiting. */
export async function resultOf(
  progress: SandboxMessage,
  timeoutMs = 30_000,
): Promise<{ word: string; counts: number[] }> {
  const word = (message: SandboxMessage) => {
    const after = / · ([a-z ]+)$/.exec(message.embeds[0]?.title ?? '')?.[1] ?? '';
    return results.includes(after) ? after : null;
  };
  await progress.until((message) => word(message) !== null, timeoutMs);
  const { done, failed, skipped, waiting } = frames(progress).at(-1)!;
  return { word: word(progress)!, counts: [done, failed, skipped, waiting] };
}

/** The operation's number in a progress message. */
export function numberOf(progress: SandboxMessage): number {
  return Number(/Operation #(\d+)/.exec(progress.text)?.[1]);
}

export function isOpen(message: SandboxMessage): boolean {
  return message.buttons.some((button) => !button.disabled) && !/\*\*closed\*\*/.test(message.text);
}

export function isClosed(message: SandboxMessage): boolean {
  return /closed/.test(message.text) && message.buttons.every((button) => button.disabled);
}
