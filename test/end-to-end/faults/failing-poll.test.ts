import { expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';
import { frames, resultOf } from '../progress-frames.ts';

// In a file of its own: the minute is real, and other files run beside it.
describeFlow('one poll that keeps getting 5xx', {}, (scene) => {
  test('fails after about a minute while the others succeed', { timeout: 120_000 }, async () => {
    const { sandbox, guild } = scene();
    const polls = await scene().polls(8, [guild.channel('votes'), guild.channel('more')]);
    const bad = polls[3]!;
    sandbox.faults.add({ match: { method: 'PATCH', path: new RegExp(bad.message.id) }, status: 500 });
    const started = Date.now();
    const progress = await scene().begin(polls);
    await progress.until((message) => frames(message).at(-1)?.done === 7);
    expect(await resultOf(progress, 110_000)).toEqual({
      word: 'completed with failures',
      counts: [7, 1, 0, 0],
    });
    expect(Date.now() - started).toBeGreaterThan(45_000);
    expect(progress.text).toContain(`1 × Discord kept answering 500 (500): #${bad.id}`);
    sandbox.faults.clear();
  });
});
