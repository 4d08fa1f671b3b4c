import { expect, test } from 'vitest';
import { OperationQueue } from '../../../src/bulk/run/operation-queue.ts';

const never = new Promise<void>(() => {});

/** Work that ends when the test says so, and notes what has begun. */
function work() {
  const begun: string[] = [];
  const over = Promise.withResolvers<string>();
  const execute = (name: string) => () => {
    begun.push(name);
    return over.promise;
  };
  return { begun, execute, end: over.resolve, fail: over.reject };
}

test('executes as many at once as are admitted, and the others in order as soon as one has ended', async () => {
  const queue = new OperationQueue(2);
  const { begun, execute, end } = work();
  const all = ['first', 'second', 'third'].map((name) => queue.run(execute(name), never));
  expect(begun).toEqual(['first', 'second']);
  expect(queue.load).toEqual({ executing: 2, waiting: 1 });
  end('done');
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
  expect(begun).toEqual(['first', 'second', 'third']);
});

test('what is interrupted while it waits gives up its turn without having begun', async () => {
  const queue = new OperationQueue(1);
  const { begun, execute, end } = work();
  const first = queue.run(execute('first'), never);
  expect(await queue.run(execute('second'), Promise.resolve())).toBeNull();
  expect(queue.load).toEqual({ executing: 1, waiting: 0 });
  end('done');
  await first;
  expect(begun).toEqual(['first']);
});

test('what is interrupted once it has begun is waited for: it ends by itself', async () => {
  const queue = new OperationQueue(1);
  const { execute, end } = work();
  const interrupted = Promise.withResolvers<void>();
  const running = queue.run(execute('first'), interrupted.promise);
  interrupted.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(queue.load).toEqual({ executing: 1, waiting: 0 });
  end('settled');
  expect(await running).toBe('settled');
});

test('what fails rejects, and the next one has its turn', async () => {
  const queue = new OperationQueue(1);
  const { execute, fail } = work();
  const failing = queue.run(execute('first'), never);
  const next = queue.run(async () => 'done', never);
  fail(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
});

test('is idle once nothing is executed and nothing waits', async () => {
  const queue = new OperationQueue(1);
  await queue.idle();
  const { execute, end } = work();
  const [first, second] = [queue.run(execute('first'), never), queue.run(execute('second'), never)];
  let idle = false;
  const waiting = queue.idle().then(() => {
    idle = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(idle).toBe(false);
  end('done');
  await waiting;
  expect(await Promise.all([first, second])).toEqual(['done', 'done']);
});
