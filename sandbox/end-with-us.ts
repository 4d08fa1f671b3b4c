import type { ChildProcess } from 'node:child_process';

/**
 * Ends `child` at the latest when this process ends, however a test or a run went; where it was spawned `detached`, `group` ends
 * all that it has started too.
 */
export function endWithUs(child: ChildProcess, how: { signal?: NodeJS.Signals; group?: boolean } = {}): void {
  const { signal = 'SIGKILL', group = false } = how;
  const end = () => {
    if (group) endGroup(child, signal);
    else child.kill(signal);
  };
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

/** Sends the signal to a child that was spawned `detached`, and to all that it has started and that still runs. */
export function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
