import { expect, test } from 'vitest';
import { usualBotPermissions } from '../../../sandbox/sandbox.ts';
import type { SandboxChannel } from '../../../sandbox/world/channel.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowScene } from '../flow-scene.ts';
import { isClosed, resultOf } from '../progress-frames.ts';

let serial = 0;

function newThread({ guild }: FlowScene): SandboxChannel {
  serial += 1;
  return guild.addThread(guild.channel('votes').id, `thread-${serial}`);
}

const openings = ({ sandbox }: FlowScene, thread: SandboxChannel) =>
  sandbox.requests.filter(({ method, path }) => method === 'PATCH' && path === `/channels/${thread.id}`);

describeFlow('threads that fell asleep', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('are opened once by the bot, which then shows its polls', async () => {
    const thread = newThread(scene());
    const polls = await scene().polls(6, [thread]);
    scene().sandbox.archive(thread.id);
    scene().sandbox.clearLog();
    const preview = await scene().preview(polls);
    expect(preview.text).not.toContain('⚠️');
    const progress = await (await scene().admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [6, 0, 0, 0] });
    expect(polls.every(({ message }) => isClosed(message))).toBe(true);
    expect(openings(scene(), thread)).toHaveLength(1);
  });

  test('are opened for deleting, many at once as well', async () => {
    const thread = newThread(scene());
    const polls = await scene().polls(24, [thread]);
    scene().sandbox.archive(thread.id);
    const numbers = polls.map(({ id }) => id).join(',');
    const preview = await scene().ask('bulk delete', { polls: numbers });
    const asked = await scene().admin.press(preview, 'Confirm');
    const progress = await (await scene().admin.submit(asked, 'DELETE 24')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [24, 0, 0, 0] });
    expect(thread.messages).toEqual([]);
    expect(openings(scene(), thread)).toHaveLength(1);
  });

  test('and are locked fail with what is missing, and heal when somebody opens them', async () => {
    const { sandbox } = scene();
    const thread = newThread(scene());
    const polls = await scene().polls(4, [thread]);
    sandbox.lock(thread.id);
    sandbox.archive(thread.id);
    sandbox.clearLog();
    const preview = await scene().preview(polls);
    expect(preview.text).toMatch(/#thread-\d+ is archived, and opening it takes \*Manage Threads\*/);
    const progress = await (await scene().admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [0, 4, 0, 0] });
    expect(progress.text).toContain('the bot lacks Manage Threads to open it');
    expect(openings(scene(), thread)).toHaveLength(1);
    sandbox.lock(thread.id, false);
    await Promise.all(polls.map(({ message }) => message.until(isClosed, 20_000)));
    expect(openings(scene(), thread).map(({ status }) => status)).toEqual([403, 200]);
  });

  test('and are locked heal when the bot gets the right to open them', async () => {
    const { sandbox, guild } = scene();
    const thread = newThread(scene());
    const polls = await scene().polls(2, [thread]);
    sandbox.lock(thread.id);
    sandbox.archive(thread.id);
    await resultOf(await scene().begin(polls));
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.manageThreads);
    await Promise.all(polls.map(({ message }) => message.until(isClosed, 20_000)));
    sandbox.setBotPermissions(guild.id, usualBotPermissions);
  });

  test('and are locked while awake take no edits until they are unlocked, but deletes', async () => {
    const { sandbox } = scene();
    const thread = newThread(scene());
    const polls = await scene().polls(3, [thread]);
    sandbox.lock(thread.id);
    const progress = await scene().begin(polls.slice(0, 2));
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [0, 2, 0, 0] });
    expect(progress.text).toMatch(
      /2 × the thread #thread-\d+ is locked, and the bot lacks Manage Threads \(160005\)/,
    );
    const preview = await scene().ask('bulk delete', { polls: `${polls[2]!.id}` });
    const asked = await scene().admin.press(preview, 'Confirm');
    const deleted = await (await scene().admin.submit(asked, 'DELETE 1')).message();
    expect(await resultOf(deleted)).toEqual({ word: 'completed', counts: [1, 0, 0, 0] });
    sandbox.lock(thread.id, false);
    await Promise.all(polls.slice(0, 2).map(({ message }) => message.until(isClosed, 20_000)));
  });
});
