import { expect, test } from 'vitest';
import { startScene } from '../../support/bot-scene.ts';
import { isClosed, numberOf, resultOf } from '../progress-frames.ts';
import { expectVersions } from '../support/carried-out.ts';
import { killAt, pollEdit } from '../support/crash.ts';

test('an operation that kills its process again and again ends as failed, and can be retried', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  const polls = await scene.createPolls(3);
  const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
  let killed = killAt(scene, pollEdit(polls), { when: 'before' });
  const progress = await (await scene.admin.press(preview, 'Confirm')).message();
  for (let death = 1; death <= 4; death += 1) {
    await killed;
    scene.launch();
    killed = killAt(scene, pollEdit(polls), { when: 'before' });
    if (death === 4) scene.sandbox.faults.clear();
  }
  expect(await resultOf(progress, 40_000)).toEqual({ word: 'failed', counts: [0, 3, 0, 0] });
  expect(progress.text).toContain('ended 4 times while it worked on this, without getting any further');
  expect(numberOf(progress)).toBe(1);
  const retry = await (await scene.admin.press(progress, 'Retry failed')).message();
  // The sweep may have been faster with some messages; these count as done.
  expect((await resultOf(retry, 40_000)).word).toBe('completed');
  expect(polls.filter(({ message }) => !isClosed(message))).toEqual([]);
  await expectVersions(scene, polls, { version: 2, status: 'closed' });
});
