import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { endWithUs } from '../../../sandbox/machine/end-with-us.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { DeadOwners, isGoneHere } from '../../../src/bulk/lifecycle/dead-owners.ts';

const one = { name: 'host/1/a', lockKey: 7 };
const two = { name: 'host/2/b', lockKey: 8 };

function watching(isGone: (name: string) => boolean = () => false) {
  const clock = { ...systemClock, at: 0, monotonic: () => clock.at };
  return { clock, owners: new DeadOwners(clock, isGone) };
}

test('a lock that stays free for a second proves an end', () => {
  const { clock, owners } = watching();
  expect(owners.next).toBeNull();
  expect(owners.judge([one])).toEqual([]);
  expect(owners.next).toBe(1000);
  clock.at = 600;
  expect(owners.judge([one, two])).toEqual([]);
  expect(owners.next).toBe(400);
  clock.at = 1000;
  expect(owners.judge([one, two])).toEqual([one]);
});

test('one that was held again meanwhile, or is another one, proves nothing', () => {
  const { clock, owners } = watching();
  owners.judge([one, two]);
  clock.at = 900;
  owners.judge([two]);
  clock.at = 1000;
  expect(owners.judge([one, { ...two, lockKey: 9 }])).toEqual([]);
  expect(owners.next).toBe(1000);
});

test('of a process that this machine knows no more it does so sooner', () => {
  const { clock, owners } = watching((name) => name === one.name);
  expect(owners.judge([one, two])).toEqual([]);
  expect(owners.next).toBe(250);
  clock.at = 250;
  expect(owners.judge([one, two])).toEqual([one]);
});

test('this machine knows who is gone of its own processes, and says nothing of others', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  endWithUs(child);
  await once(child, 'spawn');
  const name = `${hostname()}/${child.pid}/abc`;
  expect(isGoneHere(name)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isGoneHere(name)).toBe(true);
  expect(isGoneHere(`elsewhere/${child.pid}/abc`)).toBe(false);
  for (const odd of [`${hostname()}/0/abc`, `${hostname()}/-1/abc`, `${hostname()}/x/abc`, '']) {
    expect(isGoneHere(odd)).toBe(false);
  }
});
