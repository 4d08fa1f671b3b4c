import { expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';
import { expectCountsToAddUp, frames, isClosed, resultOf } from '../progress-frames.ts';

const edits = { method: 'PATCH', path: /^\/channels\/\d+\/messages\/\d+$/ };

describeFlow(
  'messages older than an hour',
  { limits: 'true', channels: ['general', 'a', 'b', 'c', 'd'] },
  (scene) => {
    test('are edited within their own limit, with a few refusals at most', async () => {
      const { sandbox } = scene();
      const channels = ['a', 'b', 'c', 'd'].map((name) => scene().channel(name));
      sandbox.backdate(3 * 3_600_000);
      const polls = await scene().polls(20, channels);
      sandbox.backdate(0);
      sandbox.clearLog();
      const progress = await scene().begin(polls);
      expect(await resultOf(progress, 45_000)).toEqual({ word: 'completed', counts: [20, 0, 0, 0] });
      expect(sandbox.requests.filter(({ status }) => status === 429).length).toBeLessThanOrEqual(2);
    });
  },
);

describeFlow('trouble with Discord', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('a general outage of a few seconds fails nothing', async () => {
    const { sandbox, guild } = scene();
    const polls = await scene().polls(24, [guild.channel('votes'), guild.channel('more')]);
    sandbox.clearLog();
    sandbox.faults.add({ match: edits, skip: 5, times: 1, after: () => sandbox.outage('503') });
    const progress = await scene().begin(polls);
    const refused = () => sandbox.requests.filter(({ status }) => status === 503).length;
    await sandbox.untilRequest(() => refused() >= 10, 20_000).finally(() => sandbox.outage(false));
    expect(frames(progress).at(-1)!.waiting).toBeGreaterThan(0);
    expect(await resultOf(progress, 60_000)).toEqual({ word: 'completed', counts: [24, 0, 0, 0] });
    expectCountsToAddUp(progress, 24);
    await Promise.all(polls.map(({ message }) => message.until(isClosed)));
  });

  test('lost answers and cut connections double nothing', async () => {
    const { sandbox, guild } = scene();
    const polls = await scene().polls(12, [guild.channel('votes'), guild.channel('more')]);
    sandbox.faults.add({ match: edits, times: 3, loseReply: true });
    sandbox.faults.add({ match: edits, times: 3, loseRequest: true });
    sandbox.faults.add({ match: edits, times: 2, status: 502, skip: 2 });
    const posted = guild.channel('votes').messages.length + guild.channel('more').messages.length;
    const progress = await scene().begin(polls);
    expect(await resultOf(progress, 45_000)).toEqual({ word: 'completed', counts: [12, 0, 0, 0] });
    expect(guild.channel('votes').messages.length + guild.channel('more').messages.length).toBe(posted);
    sandbox.faults.clear();
  });

  test('a message that somebody deleted by hand is no failure', async () => {
    const { sandbox, guild, admin } = scene();
    const polls = await scene().polls(4, [guild.channel('votes')]);
    sandbox.removeMessage(polls[1]!.message.id);
    sandbox.removeMessage(polls[3]!.message.id);
    const progress = await scene().begin(polls);
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [4, 0, 0, 0] });
    const report = await (await admin.press(progress, 'Report')).message();
    expect(report.attachments[0]!.data.toString().match(/deleted by hand/g)).toHaveLength(2);
  });

  test('polls of a deleted channel fail with that cause, after one refusal', async () => {
    const { sandbox, guild } = scene();
    const doomed = guild.addChannel(`doomed-${Date.now()}`);
    const polls = await scene().polls(5, [doomed]);
    const fine = await scene().polls(2, [guild.channel('votes')]);
    sandbox.removeChannel(doomed.id);
    sandbox.clearLog();
    const preview = await scene().preview([...polls, ...fine]);
    expect(preview.text).toContain('5 of these polls would fail there');
    expect(preview.text).toContain('(gone or archived)');
    expect(preview.text).not.toContain('View Channel');
    const progress = await (await scene().admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [2, 5, 0, 0] });
    expect(progress.text).toMatch(/5 × the channel .* no longer exists \(10003\)/);
    expect(sandbox.requests.filter(({ status }) => status === 404).length).toBeLessThanOrEqual(2);
  });

  test('an archived, locked thread fails with its cause and not its neighbours', async () => {
    const { sandbox, guild } = scene();
    const thread = guild.addThread(guild.channel('votes').id, `thread-${Date.now()}`);
    const polls = [
      ...(await scene().polls(2, [thread])),
      ...(await scene().polls(2, [guild.channel('votes')])),
    ];
    sandbox.lock(thread.id);
    sandbox.archive(thread.id);
    const progress = await scene().begin(polls);
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [2, 2, 0, 0] });
    expect(progress.text).toMatch(
      /2 × the thread #thread-\d+ is archived, and the bot lacks Manage Threads to open it \(50013\)/,
    );
  });
});
