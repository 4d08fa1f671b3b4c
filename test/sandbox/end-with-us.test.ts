import { expect, test } from 'vitest';
import { startLineProcess } from '../support/child-process.ts';

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
