import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BotScene, type CreatedPoll, startScene } from '../../support/bot-scene.ts';
import { expectCountsToAddUp, resultOf } from '../progress-frames.ts';
import { expectOneProgressMessage } from '../support/carried-out.ts';
import { channelPost, comeBack, killAt, type Match } from '../support/crash.ts';
import { draftOf } from '../support/draft-of.ts';

const removal: Match = ({ method, route }) =>
  method === 'DELETE' ? (route ?? '').startsWith('/channels/') : (route ?? '').endsWith('/bulk-delete');

let scene: BotScene;
beforeAll(async () => {
  scene = await startScene({
    database: 'postgres',
    channels: 3,
    sandbox: { limits: { scale: 0.05 }, latency: [5, 30] },
  });
});
afterAll(() => scene?.close());
beforeEach(async () => {
  if (scene.bot.child.signalCode !== null) await comeBack(scene);
});

/** New polls and the preview of deleting them, which `start` confirms. */
async function begin(count = 12) {
  const polls = await scene.createPolls(count);
  const preview = await scene.preview('delete', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
  const operation = draftOf(preview);
  const start = async () =>
    await scene.admin.submit(await scene.admin.press(preview, 'Confirm'), `DELETE ${count}`);
  return { polls, operation, start };
}

async function expectDeleted(operation: number, polls: readonly CreatedPoll[]) {
  const progress = await scene.progress(operation);
  expect(await resultOf(progress, 45_000)).toEqual({ word: 'completed', counts: [polls.length, 0, 0, 0] });
  expectCountsToAddUp(progress, polls.length);
  expectOneProgressMessage(scene, operation);
  expect(polls.filter(({ message }) => !message.deleted)).toEqual([]);
  const remarks = await scene.inDatabase((db) =>
    db.selectFrom('operation_items').select('remark').where('operation_id', '=', operation).execute(),
  );
  expect(new Set(remarks.map(({ remark }) => remark))).toEqual(new Set([null]));
  expect(scene.sandbox.violations).toEqual([]);
  return progress;
}

test.for([
  [1, 'before'],
  [1, 'after'],
  [2, 'after'],
  [3, 'before'],
] as const)(
  'a delete that dies at its removal no. %i (%s) deletes everything, and blames no hand',
  async ([nth, when]) => {
    const { polls, operation, start } = await begin();
    const killed = killAt(scene, removal, { nth, when });
    await Promise.all([start(), killed]);
    await comeBack(scene);
    await expectDeleted(operation, polls);
  },
);

test('a delete that dies when many messages went by one request deletes everything', async () => {
  const { polls, operation, start } = await begin(45);
  const killed = killAt(scene, ({ route }) => route?.endsWith('/bulk-delete') ?? false, { when: 'after' });
  await Promise.all([start(), killed]);
  await comeBack(scene);
  await expectDeleted(operation, polls);
});

test('a delete whose answers are lost deletes everything, and blames no hand', async () => {
  const { polls, operation, start } = await begin();
  scene.sandbox.faults.add({ match: removal, times: 2, loseReply: true });
  await start();
  await expectDeleted(operation, polls);
});

test('an undo that dies while it posts the deleted polls again posts each once', async () => {
  const { polls, operation, start } = await begin();
  await start();
  const progress = await expectDeleted(operation, polls);
  const preview = await (await scene.admin.press(progress, 'Undo')).message();
  const undo = draftOf(preview);
  const killed = killAt(scene, channelPost, { nth: 4, when: 'after' });
  await Promise.all([scene.admin.press(preview, 'Confirm'), killed]);
  await comeBack(scene);
  expect(await resultOf(await scene.progress(undo), 45_000)).toEqual({
    word: 'completed',
    counts: [12, 0, 0, 0],
  });
  const messages = scene.guild.channels.flatMap((channel) => channel.messages);
  for (const { id } of polls) {
    expect(
      messages.filter(({ buttons }) => buttons.some((one) => one.custom_id === `vote:${id}:0`)),
    ).toHaveLength(1);
  }
  expectOneProgressMessage(scene, undo);
});

test('a close that dies after a notice was posted posts each notice once', async () => {
  const polls = await scene.createPolls(9);
  const preview = await scene.preview('close', {
    polls: `${polls[0]!.id}-${polls.at(-1)!.id}`,
    notify: true,
  });
  const operation = draftOf(preview);
  const killed = killAt(scene, channelPost, { nth: 3, when: 'after' });
  await Promise.all([scene.admin.press(preview, 'Confirm'), killed]);
  await comeBack(scene);
  expect(await resultOf(await scene.progress(operation), 45_000)).toEqual({
    word: 'completed',
    counts: [9, 0, 0, 0],
  });
  const notices = scene.guild.channels.flatMap((channel) => channel.messages).map(({ content }) => content);
  for (const { id } of polls) {
    expect(notices.filter((content) => content.startsWith(`Poll #${id} is closed`))).toHaveLength(1);
  }
});
