import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

const ends = new Set<() => void>();

/**
 * Ends `child` at the latest when this process ends, however a test or a run went, even if it is interrupted.
 * `group`: the child was spawned `detached`; what it started is ended too.
 */
export function endWithUs(child: ChildProcess, how: { signal?: NodeJS.Signals; group?: boolean } = {}): void {
  const { signal = 'SIGKILL', group = false } = how;
  const end = () => {
    if (group) endGroup(child, signal);
    else child.kill(signal);
  };
  watch();
  ends.add(end);
  child.once('exit', () => ends.delete(end));
}

const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let watched = false;

function watch(): void {
  if (watched) return;
  watched = true;
  process.once('exit', () => {
    for (const end of ends) end();
  });
  for (const name of interruptions) {
    process.once(name, () => {
      // Node ends by itself only if nobody listens. Another listener has an end of its own in mind.
      if (process.listenerCount(name) === 0) process.exit(128 + constants.signals[name]);
    });
  }
}

/** Sends the signal to a child that was spawned `detached`, and to everything that it started and that still runs. */
export function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
