import { expect, test } from 'vitest';
import { createLogger } from '../../src/base/log.ts';
import { type Service, together } from '../../src/base/service.ts';
import { startServices } from '../../src/base/start-services.ts';
import { StartSteps } from '../../src/base/start-steps.ts';

/** Services that write down what is done to them. */
function noted() {
  const events: string[] = [];
  const service = (name: string, start: () => void = () => {}): Service => ({
    start: async () => {
      events.push(`${name} starts`);
      start();
    },
    stop: async () => {
      events.push(`${name} stops`);
      await Promise.resolve();
      events.push(`${name} has stopped`);
    },
  });
  return { events, service };
}

const steps = () => new StartSteps(createLogger('silent'), new AbortController().signal);
const step = { does: null, cannot: 'Cannot start it', next: 'Ask.' };

test('services start in order and stop in reverse, one after the other; what is left out is left out', async () => {
  const { events, service } = noted();
  await using started = new AsyncDisposableStack();
  await startServices(
    [{ service: service('first') }, { service: null }, { service: service('second'), step }],
    steps(),
    started,
  );
  expect(events.splice(0)).toEqual(['first starts', 'second starts']);
  await started.disposeAsync();
  expect(events).toEqual(['second stops', 'second has stopped', 'first stops', 'first has stopped']);
});

test('one that cannot start says so in the words of its step, and is stopped with those before it', async () => {
  const { events, service } = noted();
  const broken = service('second', () => {
    throw new Error('no');
  });
  await using started = new AsyncDisposableStack();
  const list = [{ service: service('first') }, { service: broken, step }, { service: service('third') }];
  await expect(startServices(list, steps(), started)).rejects.toThrow('Cannot start it: no. Ask.');
  await started.disposeAsync();
  expect(events).toEqual([
    'first starts',
    'second starts',
    'second stops',
    'second has stopped',
    'first stops',
    'first has stopped',
  ]);
});

test('services that are one start in order and stop all at once', async () => {
  const { events, service } = noted();
  const both = together([service('first'), service('second')]);
  await both.start();
  expect(events.splice(0)).toEqual(['first starts', 'second starts']);
  await both.stop();
  expect(events.slice(0, 2)).toEqual(['first stops', 'second stops']);
});
