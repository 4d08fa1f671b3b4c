import { expect, test } from 'vitest';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll, FlowScene } from '../flow-scene.ts';
import { expectCountsToAddUp, numberOf, resultOf } from '../progress-frames.ts';

/** Previews, confirms with the phrase, and returns the estimate and the progress message. */
async function beginDelete(scene: FlowScene, polls: readonly FlowPoll[]) {
  const ids = polls.map((poll) => poll.id);
  const written = polls.length > 50 ? `${ids[0]}-${ids.at(-1)}` : ids.join(',');
  const preview = await scene.ask('bulk delete', { polls: written });
  const estimate = preview.field('Estimated time');
  const asked = await scene.admin.press(preview, 'Confirm');
  const progress = await (await scene.admin.submit(asked, `DELETE ${polls.length}`)).message();
  return { estimate, progress };
}

function bulkDeletes({ sandbox }: FlowScene) {
  return sandbox.requests.filter(({ path }) => path.endsWith('/bulk-delete'));
}

/** The message that shows the poll now. */
function shownBy({ sandbox }: FlowScene, { id, channel }: FlowPoll) {
  return sandbox.channel(channel.id).messages.filter((message) => message.text.includes(`#${id} ·`));
}

describeFlow('deleting many polls', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('asks for the phrase, says what can be undone, and leaves no message and no poll behind', async () => {
    const { admin, sandbox } = scene();
    const polls = await scene().polls(12, [scene().channel('votes'), scene().channel('more')]);
    await scene().ask('poll close', { poll: polls[3]!.id });
    sandbox.clearLog();
    const ids = polls.map((poll) => poll.id).join(',');
    const preview = await scene().ask('bulk delete', { polls: ids });
    expect(preview.text).toContain('Delete 12 polls');
    expect(preview.text).toContain('`DELETE 12`');
    expect(preview.text).toContain('by `Undo` for 24 hours');
    expect(preview.text).toContain('after 30 days');
    const asked = await admin.press(preview, 'Confirm');
    const wrong = await (await admin.submit(asked, 'DELETE 11')).message();
    expect(wrong.text).toContain('the phrase is `DELETE 12`');
    expect(sandbox.messages.filter(({ id }) => polls.some(({ message }) => message.id === id))).toHaveLength(
      12,
    );
    const progress = await (await admin.submit(await admin.press(preview, 'Confirm'), 'DELETE 12')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [12, 0, 0, 0] });
    expectCountsToAddUp(progress, 12);
    expect(polls.every(({ message }) => message.deleted)).toBe(true);
    expect(bulkDeletes(scene())).toHaveLength(2);
    const show = await scene().ask('poll show', { poll: polls[0]!.id });
    expect(show.text).toContain(`#${polls[0]!.id} was not found`);
    const list = await scene().ask('poll list');
    for (const { id } of polls) expect(list.text).not.toContain(`#${id} `);
    const again = await scene().ask('bulk delete', { polls: ids });
    expect(again.text).toContain('No poll matches');
  });

  test('is undone with a warning of channels in which the bot may not post', async () => {
    const { admin, sandbox } = scene();
    const [votes, more] = [scene().channel('votes'), scene().channel('more')];
    const kept = await scene().poll(more);
    const polls = await scene().polls(2, [votes, more]);
    const { progress } = await beginDelete(scene(), polls);
    expect((await resultOf(progress)).word).toBe('completed');
    sandbox.deny(more.id, permission.sendMessages);
    const warned = await (await admin.press(progress, 'Undo')).message();
    expect(warned.text).toContain('lacks permissions in 1 channel, 1 of these polls would fail there');
    const inMore = polls.find(({ message }) => message.channelId === more.id);
    expect(warned.text).toContain(`#more lacks *Send Messages*: #${inMore!.id}`);
    // A message that stands needs no more than to be seen.
    expect((await scene().preview([kept])).text).not.toContain('No access');
    sandbox.allow(more.id, permission.sendMessages);
    expect((await (await admin.press(progress, 'Undo')).message()).text).not.toContain('No access');
  });

  test('is undone by posting every poll again, with its votes and in its state', async () => {
    const { admin, voter } = scene();
    const polls = await scene().polls(4, [scene().channel('votes')]);
    await voter.press(polls[0]!.message, 'Coffee');
    await polls[0]!.message.until(({ text }) => text.includes('1 voter'));
    await scene().ask('poll close', { poll: polls[1]!.id });
    const { progress } = await beginDelete(scene(), polls);
    expect((await resultOf(progress)).word).toBe('completed');
    const undoing = await (await admin.press(progress, 'Undo')).message();
    expect(undoing.text).toContain('Undo 4 polls');
    const undone = await (await admin.press(undoing, 'Confirm')).message();
    expect(await resultOf(undone)).toEqual({ word: 'completed', counts: [4, 0, 0, 0] });
    const shown = polls.map((poll) => shownBy(scene(), poll));
    expect(shown.map((messages) => messages.length)).toEqual([1, 1, 1, 1]);
    expect(shown[0]![0]!.text).toContain('1 voter');
    expect(shown[1]![0]!.text).toContain('**closed**');
    expect(shown.every(([message]) => !polls.some(({ message: old }) => old === message))).toBe(true);
    await voter.press(shown[0]![0]!, 'Tea');
    await shown[0]![0]!.until(({ text }) => /Tea[\s\S]*1 vote[\s\S]*Coffee[\s\S]*0 votes/.test(text));
  });

  test('heals by Retry failed after a 403, and an undo instead edits the messages that are still there', async () => {
    const { admin, sandbox } = scene();
    const polls = await scene().polls(5, [scene().channel('more')]);
    sandbox.deny(scene().channel('more').id);
    const first = await beginDelete(scene(), polls.slice(0, 3));
    expect(await resultOf(first.progress)).toEqual({ word: 'completed with failures', counts: [0, 3, 0, 0] });
    expect(first.progress.text).toContain('3 × no access to #more (50001)');
    const second = await beginDelete(scene(), polls.slice(3));
    expect((await resultOf(second.progress)).counts).toEqual([0, 2, 0, 0]);
    const undoing = await (await admin.press(second.progress, 'Undo')).message();
    const retrying = admin.press(first.progress, 'Retry failed');
    sandbox.allow(scene().channel('more').id);
    const retry = await (await retrying).message();
    expect(numberOf(retry)).toBeGreaterThan(numberOf(second.progress));
    await resultOf(retry);
    const last =
      retry.button('Retry failed') === undefined
        ? retry
        : await (await admin.press(retry, 'Retry failed')).message();
    expect(await resultOf(last)).toEqual({ word: 'completed', counts: [3, 0, 0, 0] });
    expect(polls.slice(0, 3).every(({ message }) => message.deleted)).toBe(true);
    const undone = await (await admin.press(undoing, 'Confirm')).message();
    expect((await resultOf(undone)).word).toBe('completed');
    for (const poll of polls.slice(3)) {
      const shown = shownBy(scene(), poll);
      expect(shown).toHaveLength(1);
    }
  });

  test('takes single deletes where the bot may not manage messages', async () => {
    const { sandbox } = scene();
    const polls = await scene().polls(6, [scene().channel('votes')]);
    sandbox.deny(scene().channel('votes').id, permission.manageMessages);
    sandbox.clearLog();
    const { progress } = await beginDelete(scene(), polls);
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [6, 0, 0, 0] });
    sandbox.allow(scene().channel('votes').id, permission.manageMessages);
    expect(bulkDeletes(scene())).toEqual([]);
    expect(sandbox.requests.filter(({ status }) => status === 403)).toEqual([]);
  });

  test('leaves no poll half-way when it is cancelled, also where the answer to a removal was lost', async () => {
    const { admin, voter, sandbox } = scene();
    const polls = await scene().polls(8, [scene().channel('votes')]);
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    sandbox.faults.add({
      match: { method: 'POST', path: /bulk-delete$/ },
      after: async () => {
        reached.resolve();
        await gate.promise;
      },
      loseReply: true,
    });
    const { progress } = await beginDelete(scene(), polls);
    await reached.promise;
    const refused = await (await voter.press(polls.at(-1)!.message, 'Tea', { force: true })).message();
    expect(refused.ephemeral).toBe(true);
    await admin.press(progress, 'Cancel');
    await progress.until(({ text }) => text.includes('cancelling'));
    gate.resolve();
    const { word, counts } = await resultOf(progress);
    sandbox.faults.clear();
    expect({ word, failed: counts[1], waiting: counts[3] }).toEqual({
      word: 'cancelled',
      failed: 0,
      waiting: 0,
    });
    expect(counts[2]).toBe(8);
    // The sweep heals what the cancel could not show at once.
    for (const poll of polls) {
      await sandbox.channel(poll.channel.id).until(({ text }) => text.includes(`#${poll.id} ·`), 20_000);
      expect(shownBy(scene(), poll)).toHaveLength(1);
    }
    const [message] = shownBy(scene(), polls[0]!);
    await voter.press(message!, 'Tea');
    await message!.until(({ text }) => text.includes('1 voter'));
  });
});

describeFlow('deleting a thousand polls of one channel', { channels: ['general', 'votes'] }, (scene) => {
  test('takes about ten requests', async () => {
    const { sandbox } = scene();
    const polls: FlowPoll[] = [];
    for (let i = 0; i < 50; i += 1) polls.push(...(await scene().polls(20, [scene().channel('votes')])));
    sandbox.clearLog();
    const { estimate, progress } = await beginDelete(scene(), polls);
    expect(estimate).toBe('about 10 s (1000 messages in 1 channel)');
    expect(await resultOf(progress, 60_000)).toEqual({ word: 'completed', counts: [1000, 0, 0, 0] });
    expectCountsToAddUp(progress, 1000);
    expect(bulkDeletes(scene())).toHaveLength(10);
    expect(sandbox.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
    expect(scene().channel('votes').messages).toEqual([]);
    expect(sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
  });
});
