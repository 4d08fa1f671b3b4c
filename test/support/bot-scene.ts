import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BotProcess } from '../../sandbox/machine/bot-process.ts';
import type { Person } from '../../sandbox/people/person.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import type { SandboxMessage } from '../../sandbox/world/message.ts';
import { permission } from '../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../sandbox/world/sandbox-guild.ts';
import { createLogger } from '../../src/base/log.ts';
import { openDatabase } from '../../src/db/database.ts';
import type { Db } from '../../src/db/schema.ts';
import { freshPostgresUrl } from './databases.ts';
import { unpackMigrated } from './pglite-databases.ts';

export type DatabaseKind = 'pglite' | 'postgres';

export interface SceneOptions {
  /** Default 'pglite': the embedded database, in a directory of its own. */
  readonly database?: DatabaseKind;
  /** A migrated, empty database on a server, however it is reached (see `faults/`), instead of one of the test server's. */
  readonly databaseUrl?: string;
  /** Default: Discord's limits in a twentieth of their time. */
  readonly sandbox?: SandboxOptions;
  /** Channels of the first server, named `channel-1` and so on. Default 4. */
  readonly channels?: number;
  /** Of every process, beside token, API URL and database. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many processes are started at once. Default 1. */
  readonly processes?: number;
}

/** A poll as it was created: its number and the message it is shown by. */
export interface CreatedPoll {
  readonly id: number;
  readonly message: SandboxMessage;
}

/** A stand-in Discord with one server and an admin in it, an empty database, and the bot, ready. */
export async function startScene(options: SceneOptions = {}): Promise<BotScene> {
  const sandbox = await startSandbox({ limits: { scale: 0.05 }, ...options.sandbox });
  const directory = await mkdtemp(join(tmpdir(), 'gavel-scene-'));
  const scene = new BotScene(sandbox, directory, options.channels ?? 4);
  try {
    const database: Record<string, string> =
      options.databaseUrl !== undefined || options.database === 'postgres'
        ? { DATABASE_URL: options.databaseUrl ?? (await freshPostgresUrl()) }
        : { DATA_DIR: join(directory, 'data') };
    if (database.DATA_DIR) await unpackMigrated(join(database.DATA_DIR, 'database'));
    scene.env = {
      DISCORD_TOKEN: sandbox.token,
      DISCORD_API_URL: sandbox.apiUrl,
      ...database,
      ...options.env,
    };
    for (let i = 0; i < (options.processes ?? 1); i += 1) await scene.start();
  } catch (error) {
    await scene.close();
    throw error;
  }
  return scene;
}

/** Everything around one bot. `close` ends it and kills what still runs; `await using scene = …` calls it. */
export class BotScene {
  readonly sandbox: Sandbox;
  readonly guild: SandboxGuild;
  /** Has Manage Server there. */
  readonly admin: Person;
  /** The environment that `start` gives; change it between starts. */
  env: Record<string, string> = {};
  /** Every process so far, in the order in which they were started. */
  readonly processes: BotProcess[] = [];
  /** The working directory of the processes, and the home of the embedded database. */
  readonly directory: string;

  constructor(sandbox: Sandbox, directory: string, channels: number) {
    this.sandbox = sandbox;
    this.directory = directory;
    this.guild = sandbox.addGuild({ name: 'Demo', channels });
    this.admin = sandbox.person({ name: 'Ada', permissions: permission.manageGuild });
  }

  /** The process started last. */
  get bot(): BotProcess {
    const last = this.processes.at(-1);
    if (!last) throw new Error('no process was started');
    return last;
  }

  /** Starts another process, ready when this resolves. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<BotProcess> {
    const bot = this.launch(env);
    await bot.untilReady();
    return bot;
  }

  /** As `start`, without waiting for anything. */
  launch(env: Readonly<Record<string, string>> = {}): BotProcess {
    const bot = new BotProcess({ BULK_CONFIRM_DELAY_SECONDS: '0', ...this.env, ...env }, this.directory);
    this.processes.push(bot);
    return bot;
  }

  /** Creates active polls `Question 1`, `Question 2` …, dealt over the channels in turn, in the order of their numbers. */
  async createPolls(
    count: number,
    options: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<CreatedPoll[]> {
    const channels = this.guild.channels;
    const created: CreatedPoll[] = [];
    // A few at a time: an embedded database answers one after the other, and each command wants its answer in time.
    const atOnce = 40;
    for (let from = 0; from < count; from += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => {
        const number = from + index;
        const channel = channels[number % channels.length]!;
        return this.createPoll(channel.id, { question: `Question ${number + 1}`, ...options });
      });
      created.push(...(await Promise.all(batch)));
    }
    return created.sort((a, b) => a.id - b.id);
  }

  async createPoll(
    channelId: string,
    options: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<CreatedPoll> {
    const reply = await this.admin.slash(channelId, 'poll create', {
      question: 'Tea or coffee?',
      options: 'Tea | Coffee',
      ...options,
    });
    const { text } = await reply.message();
    const [, id, messageId] =
      /#(\d+)[\s\S]*https:\/\/discord\.com\/channels\/\d+\/\d+\/(\d+)/.exec(text) ?? [];
    if (!id || !messageId) throw new Error(`no poll was created: ${text}`);
    return { id: Number(id), message: this.sandbox.message(messageId) };
  }

  /** `/bulk …` up to its preview. */
  async preview(
    command: string,
    options: Readonly<Record<string, string | number | boolean>>,
    channel: string = this.guild.channels[0]!.id,
  ): Promise<SandboxMessage> {
    return await (await this.admin.slash(channel, `bulk ${command}`, options)).message();
  }

  /** The progress message of an operation, as soon as it is there; default: of the only one. */
  async progress(
    operation?: number,
    channel: string = this.guild.channels[0]!.id,
    timeoutMs?: number,
  ): Promise<SandboxMessage> {
    const pattern = operation === undefined ? /Operation #\d+/ : new RegExp(`Operation #${operation}\\b`);
    const isProgress = (message: SandboxMessage) =>
      pattern.test(message.text) && message.field('Waiting') !== undefined;
    return await this.sandbox.channel(channel).until(isProgress, timeoutMs);
  }

  /** Looks into the database; the embedded one only while no process runs. */
  async inDatabase<T>(look: (db: Db) => Promise<T>): Promise<T> {
    const { DATABASE_URL: databaseUrl = null, DATA_DIR: dataDir = '' } = this.env;
    const database = await openDatabase({ databaseUrl, dataDir }, createLogger('silent'));
    try {
      return await look(database.db);
    } finally {
      await database.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((bot) => bot.kill('SIGKILL')));
    await this.sandbox.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
