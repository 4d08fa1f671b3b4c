import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BotProcess } from '../../machine/bot-process.ts';

const killSwitch = fileURLToPath(new URL('kill-switch.ts', import.meta.url));

interface Place {
  bot: BotProcess;
  ready: Promise<void>;
}

/**
 * Keeps bots running, as a supervisor would: a killed process is started again at once. Counts the deaths. A process
 * that ends otherwise than by SIGKILL, or logs an error that is a bug, is a finding.
 */
export class Keeper {
  kills = 0;
  readonly findings: string[] = [];
  /** Every process of the round so far, dead ones too. */
  #round: BotProcess[] = [];
  readonly #env: Readonly<Record<string, string>>;
  readonly #directory: string;
  readonly #places: Place[] = [];
  /** After how many boundaries the next processes that start kill themselves. */
  readonly #doomed: number[] = [];
  #ending = false;

  constructor(env: Readonly<Record<string, string>>, directory: string) {
    this.#env = env;
    this.#directory = directory;
    process.once('exit', () => {
      for (const { bot } of this.#places) bot.child.kill('SIGKILL');
    });
  }

  get bots(): readonly BotProcess[] {
    return this.#places.map(({ bot }) => bot);
  }

  /** What the processes of the last round logged, one after the other. Then a new round begins. */
  takeLogs(): string {
    const logs = this.#round.map(({ log, child }) =>
      [`process ${child.pid}`, ...log.map((line) => JSON.stringify(line))].join('\n'),
    );
    this.#round = [...this.bots];
    return logs.join('\n');
  }

  /** Starts so many processes; resolves when all are ready. */
  async start(count: number): Promise<void> {
    this.#ending = false;
    while (this.#places.length < count) this.#launch(this.#places.length);
    await this.ready();
  }

  /** Resolves when every process is ready at the same time. */
  async ready(): Promise<void> {
    for (;;) {
      const waited = this.#places.map(({ ready }) => ready);
      await Promise.all(waited);
      if (this.#places.every(({ ready }, index) => ready === waited[index])) return;
    }
  }

  /**
   * A process kills itself after so many more boundaries. The process that replaces it does so too, for each number
   * in `then`.
   */
  doom(index: number, boundaries: number, then: readonly number[] = []): void {
    const { bot } = this.#places[index]!;
    this.#doomed.push(...then);
    writeFileSync(this.#killFile(index), String(boundaries));
    bot.child.kill('SIGUSR2');
  }

  /** As `kill -9` from outside, now. */
  kill(index: number): void {
    this.#places[index]!.bot.child.kill('SIGKILL');
  }

  signal(index: number, signal: NodeJS.Signals): void {
    this.#places[index]!.bot.child.kill(signal);
  }

  /** Nobody is doomed any more. */
  pardon(): void {
    this.#doomed.length = 0;
    for (const [index, { bot }] of this.#places.entries()) {
      writeFileSync(this.#killFile(index), 'Infinity');
      bot.child.kill('SIGUSR2');
    }
  }

  /** Ends all by SIGKILL, and starts none again until `start`. */
  async end(): Promise<void> {
    this.#ending = true;
    const ended = this.#places.splice(0);
    await Promise.all(ended.map(({ bot }) => bot.kill('SIGKILL')));
    this.kills += ended.length;
  }

  #killFile(index: number): string {
    return join(this.#directory, `kill-${index}`);
  }

  #launch(index: number): void {
    const bot = new BotProcess(
      {
        ...this.#env,
        CHAOS_KILL_FILE: this.#killFile(index),
        CHAOS_KILL_AFTER: String(this.#doomed.shift() ?? ''),
      },
      this.#directory,
      ['--import', killSwitch],
    );
    const place = { bot, ready: Promise.resolve() };
    this.#places[index] = place;
    this.#round.push(bot);
    place.ready = Promise.race([
      bot.untilReady(),
      // A caller that waits for it goes on with the process that replaces it.
      bot.exited().then(() => undefined),
    ]);
    void bot.exited().then((code) => this.#ended(index, bot, code));
  }

  #ended(index: number, bot: BotProcess, code: number | null): void {
    const problems = bot.problems();
    if (problems) this.findings.push(`a process logged: ${problems.slice(0, 3000)}`);
    if (code !== null) this.findings.push(`a process ended with code ${code}: ${bot.stderr.slice(0, 3000)}`);
    if (this.#ending) return;
    this.kills += 1;
    this.#launch(index);
  }
}
