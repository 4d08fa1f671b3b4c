import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { endWithUs } from '../../sandbox/machine/end-with-us.ts';

/** A TypeScript program in a process of its own, that talks in lines. */
export interface LineProcess {
  readonly pid: number;
  /** The next line it writes; rejects when it ends before. */
  line(): Promise<string>;
  say(text: string): void;
  /** Ends it with the signal, and resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts `program` (a `file:` URL) with Node. What it writes to stderr goes to the tests' own. */
export function startLineProcess(program: URL, args: readonly string[]): LineProcess {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
    process.execPath,
    [fileURLToPath(program), ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  endWithUs(child);
  // Written to after it was killed: its end is reported by `line`.
  child.stdin.on('error', () => child.stdin.destroy());
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? -1,
    line: async () => {
      const next = await lines.next();
      if (next.done) throw new Error(`${fileURLToPath(program)} ended with ${await exited}`);
      return next.value;
    },
    say: (text) => child.stdin.write(`${text}\n`),
    kill: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
