import { afterEach, expect, test } from 'vitest';
import { type BotScene, startScene } from '../../support/bot-scene.ts';
import { letLeasesRunOut, pollEdit } from '../support/crash.ts';

let scene: BotScene;
afterEach(() => scene?.close());

test('a process suspended in the middle of an edit puts no old picture over what another one showed', async () => {
  scene = await startScene({ database: 'postgres', channels: 1 });
  const suspended = scene.bot;
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const before = async () => {
    arrived.resolve();
    await gate.promise;
  };
  scene.sandbox.faults.add({ match: pollEdit([poll]), times: 1, before });
  await Promise.all([scene.admin.press(poll.message, 'Tea'), arrived.promise]);
  suspended.child.kill('SIGSTOP');
  await scene.start();
  await letLeasesRunOut(scene);
  await scene.sandbox.person({ name: 'Bob' }).press(poll.message, 'Tea');
  await poll.message.until(({ text }) => text.includes('2 votes'), 20_000);
  // Now the edit of before arrives, and its sender wakes.
  gate.resolve();
  await poll.message.until(({ text }) => !text.includes('2 votes'));
  suspended.child.kill('SIGCONT');
  await poll.message.until(({ text }) => text.includes('2 votes'), 20_000);
  expect(scene.guild.channels[0]!.messages).toHaveLength(1);
});
