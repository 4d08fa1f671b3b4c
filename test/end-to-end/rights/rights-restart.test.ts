import { describe, expect, test } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { type BotScene, type CreatedPoll, startScene } from '../../support/bot-scene.ts';
import { isClosed, resultOf } from '../progress-frames.ts';

const close = async (scene: BotScene, polls: readonly CreatedPoll[]): Promise<SandboxMessage> => {
  const preview = await scene.preview('close', { polls: polls.map(({ id }) => id).join(',') });
  return await (await scene.admin.press(preview, 'Confirm')).message();
};

const allClosed = (polls: readonly CreatedPoll[]) =>
  Promise.all(polls.map(({ message }) => message.until(isClosed, 30_000)));

describe.each(['pglite', 'postgres'] as const)('a bot that was killed (%s)', (database) => {
  test('shows after its start what it was refused before and may do now', async () => {
    await using scene = await startScene({ database, channels: 2 });
    const [, shut] = scene.guild.channels;
    const polls = [await scene.createPoll(shut!.id), await scene.createPoll(shut!.id)];
    scene.sandbox.deny(shut!.id);
    expect((await resultOf(await close(scene, polls))).counts).toEqual([0, 2, 0, 0]);
    await scene.bot.kill('SIGKILL');
    scene.sandbox.allow(shut!.id);
    await scene.start();
    await allClosed(polls);
  });

  test('waits for the end of a time-out that began before', async () => {
    await using scene = await startScene({ database, channels: 1 });
    const polls = [await scene.createPoll(scene.guild.channels[0]!.id)];
    const until = Date.now() + 8_000;
    scene.sandbox.timeOut(scene.guild.id, until);
    expect((await resultOf(await close(scene, polls))).counts).toEqual([0, 1, 0, 0]);
    await scene.bot.kill('SIGKILL');
    await scene.start();
    await allClosed(polls);
    expect(Date.now()).toBeGreaterThan(until);
  });

  test('opens threads that fell asleep meanwhile, of which nobody tells it', async () => {
    await using scene = await startScene({ database, channels: 1 });
    const thread = scene.guild.addThread(scene.guild.channels[0]!.id, 'thread');
    const polls = [await scene.createPoll(thread.id), await scene.createPoll(thread.id)];
    await scene.bot.kill('SIGKILL');
    scene.sandbox.archive(thread.id);
    await scene.start();
    const preview = await scene.preview('close', { polls: polls.map(({ id }) => id).join(',') });
    expect(preview.text).not.toContain('⚠️');
    const progress = await (await scene.admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [2, 0, 0, 0] });
    expect(polls.every(({ message }) => isClosed(message))).toBe(true);
  });

  test('shows what it may see again in a thread that fell asleep meanwhile', async () => {
    await using scene = await startScene({ database, channels: 1 });
    const [channel] = scene.guild.channels;
    const thread = scene.guild.addThread(channel!.id, 'thread');
    const polls = [await scene.createPoll(thread.id)];
    scene.sandbox.deny(channel!.id);
    expect((await resultOf(await close(scene, polls))).counts).toEqual([0, 1, 0, 0]);
    await scene.bot.kill('SIGKILL');
    scene.sandbox.archive(thread.id);
    scene.sandbox.allow(channel!.id);
    await scene.start();
    await allClosed(polls);
  });
});
