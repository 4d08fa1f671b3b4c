import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../../sandbox/shows/stage/counts.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { type BotScene, startScene } from '../../support/bot-scene.ts';

let scene: BotScene;

beforeAll(async () => {
  scene = await startScene({
    database: 'postgres',
    processes: 2,
    channels: 30,
    sandbox: { limits: 'off', latency: [80, 120] },
    env: { BULK_MAX_PER_ADMIN: '3' },
  });
});
afterAll(() => scene?.close());

test('three operations in two processes stay within the limit of the bot, in all and in each channel', async () => {
  const polls = await scene.createPolls(270);
  const { sandbox } = scene;
  // The creation knew no limits; from here on they are Discord's.
  sandbox.setLimits('true');
  sandbox.clearLog();
  const progress: SandboxMessage[] = [];
  for (let i = 0; i < 3; i += 1) {
    const numbers = polls.slice(i * 90, (i + 1) * 90).map(({ id }) => id);
    const preview = await scene.preview('settings', {
      polls: `${numbers[0]}-${numbers.at(-1)}`,
      max_choices: 2,
    });
    // Each process has some: it depends on which one is awake at the confirmation.
    const asleep = scene.processes[i % 2]!.child;
    asleep.kill('SIGSTOP');
    const press = await scene.admin.press(preview, 'Confirm');
    progress.push(await press.message());
    asleep.kill('SIGCONT');
  }
  for (const message of progress) {
    await message.until((one) => resultOf(one) !== null, 60_000);
    expect(resultOf(message)).toBe('completed');
  }
  const limits = sandbox.requests.map(({ limit }) => limit).filter((limit) => limit !== null);
  expect(limits.filter((limit) => limit === 'global')).toEqual([]);
  // A channel tells of the other process only after its first answers.
  expect(limits.length).toBeLessThanOrEqual(15);
  await scene.inDatabase(async (db) => {
    const operations = await db.selectFrom('operations').select('owner').execute();
    expect(new Set(operations.map(({ owner }) => owner)).size).toBe(2);
    const items = await db.selectFrom('operation_items').select('attempts').execute();
    expect(items.map(({ attempts }) => attempts)).toEqual(Array(270).fill(1));
  });
}, 180_000);
