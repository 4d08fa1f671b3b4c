import { expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';
import type { FlowScene } from '../flow-scene.ts';
import { expectCountsToAddUp, isClosed, numberOf, resultOf } from '../progress-frames.ts';

/** The bot uses an interaction's token for a little less than Discord's 15 minutes. */
const tokenIsOver = 15 * 60_000;

/** Holds the edits in #votes from the third on. */
function hold(scene: FlowScene) {
  return scene.sandbox.faults.hold(scene.editsIn('votes'), { pass: 2 });
}

describeFlow('a progress message that outlives its token', {}, (scene) => {
  test('is the same message, edited as the bot', async () => {
    const { sandbox } = scene();
    const polls = await scene().polls(6, [scene().channel('votes')]);
    const held = hold(scene());
    const progress = await scene().begin(polls);
    await held.reached;
    const posted = scene().channel('general').messages.length;
    scene().ahead = tokenIsOver;
    sandbox.clearLog();
    held.release();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [6, 0, 0, 0] });
    scene().ahead = 0;
    expectCountsToAddUp(progress, 6);
    expect(scene().channel('general').messages).toHaveLength(posted);
    expect(scene().requestsTo(scene().channel('general'), 'PATCH').length).toBeGreaterThan(0);
  });

  test('brings the result by direct message where the bot may not see its channel any more', async () => {
    const { sandbox, admin } = scene();
    const polls = await scene().polls(4, [scene().channel('votes')]);
    const held = hold(scene());
    const progress = await scene().begin(polls);
    await held.reached;
    scene().ahead = tokenIsOver;
    sandbox.deny(scene().channel('general').id);
    held.release();
    const told = await admin.direct.until((message) => message.text.includes('completed'), 20_000);
    scene().ahead = 0;
    sandbox.allow(scene().channel('general').id);
    expect(told.text).toContain(`Operation #${numberOf(progress)}`);
    expect(told.field('Done')).toBe('4');
    expect(admin.directMessages).toHaveLength(1);
    expect(polls.every(({ message }) => isClosed(message))).toBe(true);
  });

  test('goes private to the admin by direct message too when it was private', async () => {
    const { admin } = scene();
    const before = admin.directMessages.length;
    const polls = await scene().polls(4, [scene().channel('votes')]);
    const held = hold(scene());
    const progress = await scene().begin(polls, { private: true });
    await held.reached;
    const posted = scene().channel('general').messages.length;
    scene().ahead = tokenIsOver;
    held.release();
    const number = numberOf(progress);
    const told = await admin.direct.until((message) => message.text.includes(`Operation #${number}`), 20_000);
    scene().ahead = 0;
    expect(told.text).toContain('completed');
    expect(admin.directMessages).toHaveLength(before + 1);
    expect(scene().channel('general').messages).toHaveLength(posted);
  });

  test('somebody deleted is no obstacle: the operation ends and the result is told', async () => {
    const { sandbox } = scene();
    const polls = await scene().polls(4, [scene().channel('votes')]);
    const held = hold(scene());
    const progress = await scene().begin(polls);
    await held.reached;
    sandbox.removeMessage(progress.id);
    held.release();
    await Promise.all(polls.map(({ message }) => message.until(isClosed, 20_000)));
    const number = numberOf(progress);
    await scene().admin.direct.until((message) => message.text.includes(`Operation #${number}`), 20_000);
    const asked = await scene().ask('bulk progress', { operation: number });
    expect(asked.text).toContain('completed');
  });
});
