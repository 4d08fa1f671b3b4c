import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endWithUs } from './end-with-us.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Where Node keeps what it has compiled: the second start takes half the work of the first. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/node-compile', import.meta.url));

/**
 * The bot as its operator runs it: a process of its own that knows its environment and nothing else. It ends when
 * this process ends.
 */
export class BotProcess {
  readonly child: ChildProcess;
  /** Its log, one parsed line for each entry. */
  readonly log: Record<string, unknown>[] = [];
  stderr = '';
  readonly #exited: Promise<number | null>;

  /** `cwd`: where it looks for `.env`. `flags`: options of Node. */
  constructor(env: Readonly<Record<string, string>>, cwd?: string, flags: readonly string[] = []) {
    this.child = spawn(process.execPath, [...flags, main], {
      cwd,
      env: { PATH: process.env.PATH, LOG_LEVEL: 'info', NODE_COMPILE_CACHE: compileCache, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithUs(this.child);
    // Not at 'exit': the last lines that it wrote may still be on their way.
    this.#exited = once(this.child, 'close').then(([code]) => code as number | null);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      try {
        this.log.push(JSON.parse(line));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        this.log.push({ msg: line });
      }
      this.child.emit('logged');
    });
    this.child.stderr!.on('data', (data) => {
      this.stderr += String(data);
    });
  }

  /** Resolves with the first log line whose message equals or matches this. Rejects if the process ends before. */
  async logged(message: string | RegExp): Promise<Record<string, unknown>> {
    const fits = (text: unknown) =>
      typeof message === 'string' ? text === message : message.test(String(text));
    for (;;) {
      const line = this.log.find(({ msg }) => fits(msg));
      if (line) return line;
      const ended = await Promise.race([
        once(this.child, 'logged').then(() => false),
        this.#exited.then(() => true),
      ]);
      if (ended)
        throw new Error(`the bot ended before it logged “${message}”\n${this.stderr}\n${this.problems()}`);
    }
  }

  /** Resolves when it takes commands. Rejects if it ends before. */
  async untilReady(): Promise<void> {
    await this.logged(/is ready/);
  }

  /** Errors it logged. */
  problems(): string {
    return this.log
      .filter(({ level }) => Number(level) >= 50)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }

  /** Its exit code; null after a signal. */
  exited(): Promise<number | null> {
    return this.#exited;
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.#exited;
  }
}
