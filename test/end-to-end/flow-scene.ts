import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  /** The edits of a channel's messages, for `faults`. */
  editsIn(channel: string) {
    return { method: 'PATCH', path: new RegExp(`^/channels/${this.channel(channel).id}/messages/\\d+$`) };
  }

  /** Requests of the bot to the messages of a channel. */
  requestsTo(channel: SandboxChannel, method: string) {
    return this.sandbox.requests.filter(
      (request) => request.method === method && request.path.startsWith(`/channels/${channel.id}/messages`),
    );
  }
}
