import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireOwnerLock, DirectoryInUse } from '../../../src/db/embedded/owner-lock.ts';
import { type LineProcess, startLineProcess } from '../../support/child-process.ts';

const lockHolder = new URL('../../support/lock-holder.ts', import.meta.url);
let directory: string;
const children: LineProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gavel-test-lock-'));
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill('SIGKILL')));
  await rm(directory, { recursive: true, force: true });
});

test('is refused to a second opener, with the owner and what to do', async () => {
  const owner = await holder();
  owner.say('go');
  expect(await owner.line()).toBe('won');
  const refused = acquireOwnerLock(directory);
  await expect(refused).rejects.toThrow(DirectoryInUse);
  await expect(refused).rejects.toThrow(`in use by another running process (pid ${owner.pid})`);
  await expect(refused).rejects.toThrow('set DATABASE_URL to a PostgreSQL server');
});

test('is refused inside the owning process as well', async () => {
  const lock = await acquireOwnerLock(directory);
  await expect(acquireOwnerLock(directory)).rejects.toThrow(DirectoryInUse);
  await lock.release();
});

test('is free at once after its owner was killed', async () => {
  const owner = await holder();
  owner.say('go');
  expect(await owner.line()).toBe('won');
  await owner.kill('SIGKILL');
  const lock = await acquireOwnerLock(directory);
  await lock.release();
});

test('is free after it was released, however often', async () => {
  const first = await acquireOwnerLock(directory);
  await first.release();
  const second = await acquireOwnerLock(directory);
  await first.release();
  await expect(acquireOwnerLock(directory)).rejects.toThrow(DirectoryInUse);
  await second.release();
});

test('goes to exactly one of many that reach for it at the same instant, round after round', async () => {
  for (let round = 0; round < 3; round += 1) {
    const contenders = await Promise.all(Array.from({ length: 8 }, () => holder()));
    for (const contender of contenders) contender.say('go');
    const answers = await Promise.all(contenders.map((contender) => contender.line()));
    expect(answers.filter((answer) => answer === 'won')).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes('in use by another running process'))).toHaveLength(7);
    await Promise.all(children.splice(0).map((child) => child.kill('SIGKILL')));
  }
});

async function holder(): Promise<LineProcess> {
  const child = startLineProcess(lockHolder, [directory]);
  children.push(child);
  expect(await child.line()).toBe('ready');
  return child;
}
