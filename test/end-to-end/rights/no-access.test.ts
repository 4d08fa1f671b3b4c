import { expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';
import type { FlowScene } from '../flow-scene.ts';
import { expectCountsToAddUp, isClosed, numberOf, resultOf } from '../progress-frames.ts';

const twelveForbidden = async (scene: FlowScene) => {
  const [open, one, two] = ['votes', 'shut-one', 'shut-two'].map((name) => scene.channel(name));
  const fine = await scene.polls(4, [open!]);
  const forbidden = await scene.polls(12, [one!, two!]);
  scene.sandbox.deny(one!.id);
  scene.sandbox.deny(two!.id);
  scene.sandbox.clearLog();
  const progress = await scene.begin([...fine, ...forbidden]);
  const result = await resultOf(progress);
  return {
    fine,
    forbidden,
    progress,
    result,
    allow: () => [one!, two!].map(({ id }) => scene.sandbox.allow(id)),
  };
};

const channels = ['general', 'votes', 'shut-one', 'shut-two'];

describeFlow('channels without access', { channels, databases: ['pglite', 'postgres'] }, (scene) => {
  test('cost a few refusals, fail with their cause, and heal by Retry failed', async () => {
    const { sandbox, admin } = scene();
    const { fine, forbidden, progress, result, allow } = await twelveForbidden(scene());
    expect(result).toEqual({ word: 'completed with failures', counts: [4, 12, 0, 0] });
    expectCountsToAddUp(progress, 16);
    expect(progress.text).toContain('6 × no access to #shut-one (50001)');
    expect(progress.text).toContain('6 × no access to #shut-two (50001)');
    expect(progress.text).toContain('Success rate: 25.0 %');
    expect(progress.text).toContain('closed 16 of 16 · messages 4 of 16');
    expect(sandbox.requests.filter(({ status }) => status === 403).length).toBe(2);
    expect(fine.every(({ message }) => isClosed(message))).toBe(true);
    expect(progress.button('Retry failed')!.label).toBe('Retry failed (12)');
    allow();
    const retry = await (await admin.press(progress, 'Retry failed')).message();
    expect(numberOf(retry)).toBeGreaterThan(numberOf(progress));
    expect(retry).not.toBe(progress);
    const { word, counts } = await resultOf(retry);
    expect({ word, failed: counts[1], sum: counts.reduce((a, b) => a + b) }).toEqual({
      word: 'completed',
      failed: 0,
      sum: 12,
    });
    expect(counts).toEqual([12, 0, 0, 0]);
    expectCountsToAddUp(retry, 12);
    expect(forbidden.every(({ message }) => isClosed(message))).toBe(true);

    const again = await (await admin.pressCustomId(progress, `retry:${numberOf(progress)}`)).message();
    expect(again.ephemeral).toBe(true);
    expect(again.text).toContain(`already retried by Operation #${numberOf(retry)}`);
    const nothing = await scene().ask('bulk retry', { operation: numberOf(retry) });
    expect(nothing.ephemeral).toBe(true);
    expect(nothing.text).toContain('Nothing failed');
  });

  test('heal by /bulk retry as well, and fail again as long as the access is missing', async () => {
    const { admin } = scene();
    const { forbidden, progress, allow } = await twelveForbidden(scene());
    const early = await scene().ask('bulk retry', { operation: numberOf(progress) });
    expect(early.ephemeral).toBe(false);
    expect(await resultOf(early)).toEqual({ word: 'completed with failures', counts: [0, 12, 0, 0] });
    allow();
    const late = await scene().ask('bulk retry', { operation: numberOf(early) });
    expect((await resultOf(late)).counts).toEqual([12, 0, 0, 0]);
    expect(forbidden.every(({ message }) => isClosed(message))).toBe(true);
    const refusal = await scene().ask('bulk retry', { operation: numberOf(progress) });
    expect(refusal.text).toContain('already retried');
    expect(await (await admin.slash(scene().channel('general'), 'bulk progress')).message()).toBeDefined();
  });
});

describeFlow('polls that Discord refused', { channels }, (scene) => {
  test('are left alone until the permissions change, which alone heals them', async () => {
    const { sandbox } = scene();
    const { forbidden, allow } = await twelveForbidden(scene());
    sandbox.clearLog();
    // The sweep comes round every ten seconds. That it heals one channel shows that it left the other alone.
    const [first, second] = ['shut-one', 'shut-two'].map((name) => scene().channel(name));
    const inChannel = (id: string) => forbidden.filter(({ channel }) => channel.id === id);
    sandbox.allow(first!.id);
    await Promise.all(inChannel(first!.id).map(({ message }) => message.until(isClosed, 20_000)));
    expect(scene().requestsTo(second!, 'PATCH')).toEqual([]);
    allow();
    await Promise.all(inChannel(second!.id).map(({ message }) => message.until(isClosed, 20_000)));
    expect(sandbox.requests.filter(({ status }) => status === 403)).toEqual([]);
  });

  test('count as done by a retry, whether it or the sweep is faster', async () => {
    const { admin } = scene();
    const { forbidden, progress, allow } = await twelveForbidden(scene());
    allow();
    const retry = await (await admin.press(progress, 'Retry failed')).message();
    const { counts } = await resultOf(retry);
    expect(counts).toEqual([12, 0, 0, 0]);
    await Promise.all(forbidden.map(({ message }) => message.until(isClosed)));
  });
});
