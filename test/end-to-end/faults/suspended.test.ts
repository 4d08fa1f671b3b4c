import { afterEach, expect, test } from 'vitest';
import { type BotScene, startScene } from '../../support/bot-scene.ts';
import { letLeasesRunOut, pollEdit } from '../support/crash.ts';

let scene: BotScene;
afterEach(() => scene?.close());

test('a process suspended in the middle of an edit puts no old picture over what another one showed', async () => {
  scene = await startScene({ database: 'postgres', channels: 1 });
  const suspended = scene.bot;
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  const held = scene.sandbox.faults.hold(pollEdit([poll]), { times: 1 });
  await Promise.all([scene.admin.press(poll.message, 'Tea'), held.reached]);
  suspended.child.kill('SIGSTOP');
  await scene.start();
  await letLeasesRunOut(scene);
  await scene.sandbox.person({ name: 'Bob' }).press(poll.message, 'Tea');
  await poll.message.until(({ text }) => text.includes('2 votes'), 20_000);
  // Now the edit of before arrives, and its sender wakes.
  held.release();
  await poll.message.until(({ text }) => !text.includes('2 votes'));
  suspended.child.kill('SIGCONT');
  await poll.message.until(({ text }) => text.includes('2 votes'), 20_000);
  expect(scene.guild.channels[0]!.messages).toHaveLength(1);
});
