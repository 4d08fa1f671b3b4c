import { expect, onTestFinished, test } from 'vitest';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import { startScene } from '../../support/bot-scene.ts';
import { freshPostgresUrl } from '../../support/databases.ts';

const idleForMs = 20_000;

test('a process that has nothing to do asks its database less than four things a second', async () => {
  const proxy = await DatabaseProxy.start(await freshPostgresUrl());
  onTestFinished(() => proxy.close());
  await using scene = await startScene({ databaseUrl: proxy.url });
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  await (await scene.admin.press(poll.message, 'Tea')).message();
  await poll.message.until(({ text }) => text.includes('1 voter'));
  const asked: string[] = [];
  proxy.onStatement = ({ sql }) => {
    asked.push(sql);
    return null;
  };
  // Nothing that could be awaited happens: that is what is tested.
  await new Promise((resolve) => setTimeout(resolve, idleForMs));
  const perSecond = asked.length / (idleForMs / 1000);
  console.log(`${perSecond.toFixed(2)} statements a second`);
  expect(perSecond, asked.join('\n')).toBeLessThan(4);
});
