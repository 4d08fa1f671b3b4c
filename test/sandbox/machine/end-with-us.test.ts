import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { startLineProcess } from '../../support/child-process.ts';

test.for(['alone', 'group'])(
  'a child ends with who started it, though nobody waits for it (%s)',
  async (how) => {
    const parent = startLineProcess(new URL('./starts-and-forgets.ts', import.meta.url), [how]);
    expect(await parent.line()).toBe('runs');
    parent.say('end');
    // The child writes to the same pipe, which ends with the last that could.
    await expect(parent.line()).rejects.toThrow('ended with 1');
  },
);

test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a child ends with who started it and was interrupted (%s)',
  async (signal) => {
    const parent = startLineProcess(new URL('./starts-and-forgets.ts', import.meta.url), ['alone']);
    expect(await parent.line()).toBe('runs');
    process.kill(parent.pid, signal);
    await expect(parent.line()).rejects.toThrow(`ended with ${128 + constants.signals[signal]}`);
  },
);
