import { expect, test } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { RequestTurns } from '../../src/bot/request-turns.ts';

/** Work that goes on until it is let go. */
class Workshop {
  readonly begun: string[] = [];
  readonly #gates = new Map<string, () => void>();

  work(name: string): () => Promise<string> {
    return async () => {
      this.begun.push(name);
      await new Promise<void>((resolve) => this.#gates.set(name, resolve));
      return name;
    };
  }

  finish(name: string): void {
    this.#gates.get(name)?.();
  }
}

const limits = { perPerson: 2, perServer: 3, waitingPerPerson: 2 };
const ada = { userId: 'ada', serverId: 'home' };
const bo = { userId: 'bo', serverId: 'home' };
const cy = { userId: 'cy', serverId: 'away' };
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('whoever sends many waits, and nobody else does', async () => {
  const turns = new RequestTurns(limits);
  const shop = new Workshop();
  const running = ['a1', 'a2', 'a3', 'a4'].map((name) => turns.run(ada, shop.work(name)));
  void turns.run(cy, shop.work('c1'));
  void turns.run(bo, shop.work('b1'));
  await turn();
  expect(shop.begun).toEqual(['a1', 'a2', 'c1', 'b1']);
  shop.finish('a1');
  expect(await running[0]).toBe('a1');
  await turn();
  expect(shop.begun).toContain('a3');
});

test('those of one server wait for each other', async () => {
  const turns = new RequestTurns(limits);
  const shop = new Workshop();
  for (const userId of ['1', '2', '3', '4']) void turns.run({ userId, serverId: 'home' }, shop.work(userId));
  void turns.run(cy, shop.work('c1'));
  await turn();
  expect(shop.begun.toSorted()).toEqual(['1', '2', '3', 'c1']);
  shop.finish('1');
  await turn();
  expect(shop.begun).toContain('4');
});

test('too many that wait are refused, with how many they are', async () => {
  const turns = new RequestTurns(limits);
  const shop = new Workshop();
  for (const name of ['a1', 'a2', 'a3', 'a4']) void turns.run(ada, shop.work(name));
  const refused = turns.run(ada, shop.work('a5'));
  await expect(refused).rejects.toThrow(UserError);
  await expect(refused).rejects.toThrow('2 of your requests are waiting already');
  await turn();
  shop.finish('a1');
  await turn();
  const fits = turns.run(ada, async () => 'fits');
  for (const name of ['a2', 'a3', 'a4']) {
    shop.finish(name);
    await turn();
  }
  expect(await fits).toBe('fits');
});

test('work that fails gives its turn on, and the failure to who asked', async () => {
  const turns = new RequestTurns({ ...limits, perPerson: 1 });
  const failed = turns.run(ada, () => Promise.reject(new Error('no')));
  const next = turns.run(ada, async () => 'next');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('next');
});
