import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { BotProcess } from '../../../machine/bot-process.ts';
import type { Person } from '../../../people/person.ts';
import { type Sandbox, startSandbox } from '../../../sandbox.ts';
import type { RequestRecord } from '../../../wire/request-record.ts';
import type { SandboxMessage } from '../../../world/message.ts';
import type { SandboxGuild } from '../../../world/sandbox-guild.ts';

const channels = 4;
const pollsAChannel = 4;

/** Some processes on one database server, and polls to close and reopen in turn. */
export class TakeoverScene {
  readonly sandbox: Sandbox;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #guild: SandboxGuild;
  readonly #admin: Person;
  #bots: BotProcess[] = [];
  #messages = new Set<string>();
  #polls: number[] = [];

  private constructor(sandbox: Sandbox, directory: string, databaseUrl: string) {
    this.sandbox = sandbox;
    this.#directory = directory;
    this.#guild = sandbox.addGuild({ name: 'Takeover', channels });
    this.#admin = sandbox.person({ name: 'Ada' });
    this.#env = {
      DISCORD_TOKEN: sandbox.token,
      DISCORD_API_URL: sandbox.apiUrl,
      SUPER_ADMIN_IDS: this.#admin.id,
      DATABASE_URL: databaseUrl,
      BULK_CONFIRM_DELAY_SECONDS: '0',
    };
  }

  static async start(databaseUrl: string, processes: number): Promise<TakeoverScene> {
    const sandbox = await startSandbox({ limits: { scale: 0.05 }, latency: [10, 30] });
    const directory = await mkdtemp(join(tmpdir(), 'gavel-takeover-'));
    const scene = new TakeoverScene(sandbox, directory, databaseUrl);
    for (let n = 0; n < processes; n += 1) await scene.launch().untilReady();
    await scene.#createPolls();
    return scene;
  }

  launch(): BotProcess {
    const bot = new BotProcess(this.#env, this.#directory);
    this.#bots.push(bot);
    return bot;
  }

  /** An operation over all polls. `passing` of its messages were edited; the others wait at Discord's door. */
  async halfWay(round: number, passing = 4) {
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const before = async () => {
      reached.resolve();
      await gate.promise;
    };
    const isEdit = (request: RequestRecord) => this.isEdit(request);
    const fault = this.sandbox.faults.add({ match: isEdit, skip: passing, before });
    const polls = `${Math.min(...this.#polls)}-${Math.max(...this.#polls)}`;
    const command = round % 2 === 0 ? 'bulk close' : 'bulk reopen';
    const preview = await (await this.#admin.slash(this.#office, command, { polls })).message();
    if (!preview.button('Confirm')) throw new Error(`${command} answered: ${preview.text}`);
    const progress = await (await this.#admin.press(preview, 'Confirm')).message();
    await reached.promise;
    const release = () => {
      fault.remove();
      gate.resolve();
    };
    return { progress, release };
  }

  isEdit({ method, path }: RequestRecord): boolean {
    return method === 'PATCH' && this.#messages.has(path.split('/').at(-1) ?? '');
  }

  /** The process that works on the operation of this progress message. */
  async ownerOf(progress: SandboxMessage): Promise<BotProcess> {
    const number = Number(/Operation #(\d+)/.exec(progress.text)?.[1]);
    const client = new pg.Client({ connectionString: this.#env.DATABASE_URL });
    await client.connect();
    try {
      const { rows } = await client.query('select owner from operations where id = $1', [number]);
      const pid = Number(rows[0].owner.split('/')[1]);
      return this.#bots.find(({ child }) => child.pid === pid)!;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#bots.map((bot) => bot.kill('SIGKILL')));
    await this.sandbox.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #office() {
    return this.#guild.channels[0]!;
  }

  async #createPolls(): Promise<void> {
    for (const channel of this.#guild.channels) {
      for (let n = 0; n < pollsAChannel; n += 1) {
        const options = { question: `Question ${n + 1}`, options: 'Tea | Coffee' };
        const { text } = await (await this.#admin.slash(channel, 'poll create', options)).message();
        const [, id, messageId] = /#(\d+)[\s\S]*channels\/\d+\/\d+\/(\d+)/.exec(text) ?? [];
        if (!id || !messageId) throw new Error(`no poll was created: ${text}`);
        this.#polls.push(Number(id));
        this.#messages.add(messageId);
      }
    }
  }
}
