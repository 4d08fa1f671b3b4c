import { expect, test } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll, FlowScene } from '../flow-scene.ts';
import { expectCountsToAddUp, frames, isClosed, isOpen, numberOf, resultOf } from '../progress-frames.ts';

const edits = { method: 'PATCH', path: /^\/channels\/\d+\/messages\/\d+$/ };

async function press(scene: FlowScene, progress: SandboxMessage, label: string): Promise<SandboxMessage> {
  await progress.until((message) => message.button(label) !== undefined);
  return await (await scene.admin.press(progress, label)).message();
}

function closedOf(polls: readonly FlowPoll[]): FlowPoll[] {
  return polls.filter(({ message }) => isClosed(message));
}

describeFlow('a running operation', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('touches no message while it is paused, and goes on after Resume', async () => {
    const { sandbox, guild } = scene();
    const polls = await scene().polls(16, [guild.channel('votes'), guild.channel('more')]);
    const held = scene().sandbox.faults.hold(edits, { pass: 4, wanted: 2 });
    const progress = await scene().begin(polls);
    await held.reached;
    const answer = await press(scene(), progress, 'Pause');
    expect(answer.ephemeral).toBe(true);
    expect(answer.text).toContain(`Operation #${numberOf(progress)} is paused`);
    await progress.until((message) => (message.embeds[0]?.title ?? '').includes('paused'));
    held.release();
    // One was in flight in each channel; once they have landed, nothing moves.
    await progress.until((message) => message.field('Done') === '6');
    sandbox.clearLog();
    const refusal = await (
      await scene().admin.pressCustomId(progress, `pause:${numberOf(progress)}`)
    ).message();
    expect(refusal.text).toContain('is paused already');
    // Another admin's operation runs to its end meanwhile: the bot is alive, and the paused one stands.
    const others = await scene().polls(2, [guild.channel('votes')]);
    expect((await resultOf(await scene().begin(others))).word).toBe('completed');
    const touched = sandbox.requests.filter(
      ({ method, path }) => method === 'PATCH' && edits.path.test(path),
    );
    expect(touched).toHaveLength(2);
    expect(closedOf(polls)).toHaveLength(6);
    await (await press(scene(), progress, 'Resume')).until(({ text }) => text.includes('goes on'));
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [16, 0, 0, 0] });
    expectCountsToAddUp(progress, 16);
    expect(closedOf(polls)).toHaveLength(16);
  });

  test('puts back on Cancel what no message shows yet; those polls take votes again', async () => {
    const { guild, voter } = scene();
    const polls = await scene().polls(16, [guild.channel('votes'), guild.channel('more')]);
    const held = scene().sandbox.faults.hold(edits, { pass: 4, wanted: 2 });
    const progress = await scene().begin(polls);
    await held.reached;
    const late = polls.at(-1)!;
    const refused = await (await voter.press(late.message, 'Tea')).message();
    expect(refused.text).toContain('is closed');
    const answer = await press(scene(), progress, 'Cancel');
    expect(answer.text).toContain('is being cancelled');
    await progress.until((message) => (message.embeds[0]?.title ?? '').includes('cancelling'));
    held.release();
    const { word, counts } = await resultOf(progress);
    expect(word).toBe('cancelled');
    expectCountsToAddUp(progress, 16);
    const [done, failed, skipped, waiting] = counts as [number, number, number, number];
    expect({ failed, waiting }).toEqual({ failed: 0, waiting: 0 });
    expect(done).toBe(6);
    expect(skipped).toBe(16 - done);
    expect(progress.text).toContain(`${skipped} × cancelled, put back`);
    expect(progress.text).toContain(`Cancelled by <@${scene().admin.id}>`);
    expect(closedOf(polls)).toHaveLength(done);
    for (const { message } of polls.filter((poll) => !isClosed(poll.message)))
      expect(isOpen(message)).toBe(true);
    expect((await (await voter.press(late.message, 'Tea')).message()).text).toContain('**Tea**');
    await late.message.until(({ text }) => text.includes('1 voter'));
    const again = await (
      await scene().admin.pressCustomId(progress, `cancel:${numberOf(progress)}`)
    ).message();
    expect(again.text).toContain('has ended (cancelled)');
  });

  test('keeps on Cancel what was cast as a secret vote secret: that poll stays changed, is shown so, and is done', async () => {
    const { guild, voter, admin } = scene();
    const polls = await scene().polls(4, [guild.channel('votes')]);
    const [first, , , last] = polls as [FlowPoll, FlowPoll, FlowPoll, FlowPoll];
    const held = scene().sandbox.faults.hold(edits, { pass: 0 });
    const written = polls.map(({ id }) => id).join(',');
    const preview = await scene().ask('bulk settings', { polls: written, anonymous: true });
    const progress = await (await admin.press(preview, 'Confirm')).message();
    await held.reached;
    await press(scene(), progress, 'Pause');
    expect((await (await voter.press(last.message, 'Tea')).message()).text).toContain('**Tea**');
    await press(scene(), progress, 'Cancel');
    held.release();
    expect(await resultOf(progress)).toEqual({ word: 'cancelled', counts: [2, 0, 2, 0] });
    await last.message.until(({ text }) => text.includes('Votes are secret'));
    expect(first.message.text).toContain('Votes are secret');
    for (const { message } of polls.slice(1, 3)) expect(message.text).not.toContain('Votes are secret');
    const report = await scene().ask('bulk report', { operation: numberOf(progress) });
    expect(report.attachments[0]!.data.toString()).toContain('cancelled, but stays changed: it has votes');
  });

  test('is cancelled by /bulk cancel while it is paused', async () => {
    const { guild } = scene();
    const polls = await scene().polls(8, [guild.channel('votes')]);
    const held = scene().sandbox.faults.hold(edits, { pass: 2 });
    const progress = await scene().begin(polls);
    await held.reached;
    await press(scene(), progress, 'Pause');
    held.release();
    await progress.until((message) => (message.embeds[0]?.title ?? '').includes('paused'));
    const answer = await scene().ask('bulk cancel', { operation: numberOf(progress) });
    expect(answer.ephemeral).toBe(true);
    const { word, counts } = await resultOf(progress);
    expect(word).toBe('cancelled');
    expect(counts.reduce((a, b) => a + b)).toBe(8);
    expect(closedOf(polls)).toHaveLength(counts[0]!);
  });

  test('puts failed polls back too', async () => {
    const { guild, sandbox } = scene();
    const shut = guild.addChannel(`shut-${Date.now()}`);
    const forbidden = await scene().polls(3, [shut]);
    const polls = await scene().polls(6, [guild.channel('votes')]);
    sandbox.deny(shut.id);
    const held = sandbox.faults.hold({ method: 'PATCH', path: new RegExp(polls[5]!.message.id) });
    const progress = await scene().begin([...forbidden, ...polls]);
    await held.reached;
    await progress.until((message) => message.field('Failed') === '3');
    await press(scene(), progress, 'Cancel');
    held.release();
    const { word, counts } = await resultOf(progress);
    expect(word).toBe('cancelled');
    expect(counts[1]).toBe(0);
    sandbox.allow(shut.id);
    const shown = await scene().ask('poll show', { poll: forbidden[0]!.id });
    expect(shown.text).toContain('is active');
    expect(forbidden.every(({ message }) => isOpen(message))).toBe(true);
  });
});

describeFlow('the time limit', { bulk: { timeoutMs: 2500 } }, (scene) => {
  test('ends an operation as timed out; its change stays, and the messages follow', async () => {
    const { guild, voter } = scene();
    const polls = await scene().polls(6, [guild.channel('votes')]);
    const held = scene().sandbox.faults.hold(edits, { pass: 3 });
    const progress = await scene().begin(polls);
    await held.reached;
    setTimeout(held.release, 3500);
    const { word, counts } = await resultOf(progress);
    expect(word).toBe('timed out');
    expect(counts).toEqual([4, 2, 0, 0]);
    expectCountsToAddUp(progress, 6);
    expect(progress.text).toContain('not reached within the time limit');
    expect(progress.text).not.toContain('0 minutes');
    const refused = await (await voter.press(polls[5]!.message, 'Tea', { force: true })).message();
    expect(refused.text).toContain('is closed');
    const retry = await (await scene().admin.press(progress, 'Retry failed')).message();
    expect(await resultOf(retry)).toEqual({ word: 'completed', counts: [2, 0, 0, 0] });
    await Promise.all(polls.map(({ message }) => message.until(isClosed, 15_000)));
  });

  test('stands while the operation is paused', async () => {
    const { guild, admin } = scene();
    const polls = await scene().polls(4, [guild.channel('votes')]);
    const held = scene().sandbox.faults.hold(edits, { pass: 1 });
    const progress = await scene().begin(polls);
    await held.reached;
    await press(scene(), progress, 'Pause');
    await progress.until((message) => (message.embeds[0]?.title ?? '').includes('paused'));
    held.release();
    await progress.until((message) => message.field('Done') === '2');
    scene().ahead = 60 * 60_000;
    await (await admin.press(progress, 'Resume')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [4, 0, 0, 0] });
    scene().ahead = 0;
    expect(frames(progress).at(-1)!.done).toBe(4);
  });
});
