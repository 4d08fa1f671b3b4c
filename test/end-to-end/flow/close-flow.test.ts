import { expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';
import type { FlowScene } from '../flow-scene.ts';
import { expectCountsToAddUp, isClosed, isOpen, numberOf, resultOf } from '../progress-frames.ts';

describeFlow('closing many polls', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('goes from preview to result, and every poll message says closed', async () => {
    const { admin, channel } = bind(scene());
    const polls = await scene().polls(20, [channel('votes'), channel('more')]);
    const gone = polls.at(-1)!;
    await scene().ask('poll close', { poll: gone.id });
    const preview = await scene().preview(polls, { reason: 'The *vote* is over @everyone' });
    expect(preview.ephemeral).toBe(true);
    expect(preview.text).toContain('Close 19 polls');
    expect(preview.field('To change')).toBe('19');
    expect(preview.field('To skip')).toBe('1');
    expect(preview.field('Skipped')).toContain(`1 × already closed: #${gone.id}`);
    expect(preview.field('Estimated time')).toMatch(
      /^about \d+ s \(19 messages in 2 channels; slowest: #(votes|more)\)/,
    );
    expect(preview.text).toContain(`#${polls[0]!.id} Question`);
    expect(preview.text).not.toContain(`#${polls[17]!.id} Question`);
    await admin.press(preview, '▶');
    await preview.until((message) => message.text.includes(`#${polls[17]!.id} Question`));
    await admin.press(preview, '◀');
    await preview.until((message) => message.text.includes(`#${polls[0]!.id} Question`));
    expect(polls.slice(0, 19).every(({ message }) => isOpen(message))).toBe(true);

    const reply = await admin.press(preview, 'Confirm');
    const progress = await reply.message();
    expect(progress.ephemeral).toBe(false);
    expect(progress.text).toContain(`Operation #${numberOf(progress)}`);
    expect(progress.text).toContain(admin.id);
    expect(progress.text).toContain('Reason: The \\*vote\\* is over');
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [19, 0, 0, 0] });
    expectCountsToAddUp(progress, 19);
    expect(progress.text).toContain('Success rate: 100 %');
    expect(progress.button('Retry failed')).toBeUndefined();
    expect(progress.button('Report')).toBeDefined();
    await Promise.all(polls.map(({ message }) => message.until(isClosed)));
    expect(preview.buttons).toEqual([]);
    expect(preview.text).toContain(`Operation #${numberOf(progress)}`);
  });

  test('keeps private progress private, the result too', async () => {
    const { admin, channel } = bind(scene());
    const polls = await scene().polls(3, [channel('votes')]);
    const before = channel('general').messages.length;
    const progress = await scene().begin(polls, { private: true });
    expect(progress.ephemeral).toBe(true);
    expect(progress.onlyFor).toBe(admin.id);
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [3, 0, 0, 0] });
    expect(channel('general').messages).toHaveLength(before);
  });

  test('posts one notice a poll when asked to, which names the poll and pings nobody', async () => {
    const { channel, voter } = bind(scene());
    const polls = await scene().polls(3, [channel('more')], { options: '@everyone | <@&12345678901234567>' });
    await voter.press(polls[0]!.message, '@everyone');
    const progress = await scene().begin(polls, { notify: true });
    expect((await resultOf(progress)).word).toBe('completed');
    for (const { id } of polls) {
      const notices = channel('more').messages.filter((message) =>
        message.content.startsWith(`Poll #${id} is closed`),
      );
      expect(notices).toHaveLength(1);
    }
  });

  test('notes a refused notice as a remark in the report, not as a failure', async () => {
    const { channel, admin, sandbox } = bind(scene());
    const polls = await scene().polls(2, [channel('more')]);
    const refusal = sandbox.faults.add({
      match: { method: 'POST', path: new RegExp(`^/channels/${channel('more').id}/messages$`) },
      status: 403,
      body: { code: 50013, message: 'Missing Permissions' },
    });
    const progress = await scene().begin(polls, { notify: true });
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [2, 0, 0, 0] });
    refusal.remove();
    expect(progress.text).toContain('2 with a remark');
    const report = await (await admin.press(progress, 'Report')).message();
    expect(report.ephemeral).toBe(true);
    expect(report.attachments[0]!.data.toString()).toMatch(/done,.*notify: missing permissions in #more/);
  });

  test('changes nothing after Cancel on the preview', async () => {
    const { admin, channel } = bind(scene());
    const [poll] = await scene().polls(1, [channel('votes')]);
    const preview = await scene().preview([poll!]);
    expect(preview.button('Confirm')!.disabled).toBeFalsy();
    await admin.press(preview, 'Cancel');
    await preview.until((message) => message.text.includes('nothing was changed'));
    expect(preview.buttons).toEqual([]);
    const late = await (await admin.pressCustomId(preview, `confirm:${1}`)).message();
    expect(late.ephemeral).toBe(true);
    expect(isOpen(poll!.message)).toBe(true);
  });
});

describeFlow('the delay before a destructive operation', { bulk: { confirmDelayMs: 1500 } }, (scene) => {
  test('disables Confirm, refuses a forged press, and then enables it by itself', async () => {
    const { admin, channel } = bind(scene());
    const [poll] = await scene().polls(1, [channel('votes')]);
    const preview = await scene().preview([poll!]);
    expect(preview.button('Confirm')!.disabled).toBe(true);
    const early = await admin.press(preview, 'Confirm', { force: true });
    const refusal = await early.message();
    expect(refusal).not.toBe(preview);
    expect(refusal.ephemeral).toBe(true);
    expect(refusal.text).toMatch(/`Confirm` works in \d s\. Nothing was changed/);
    expect(isOpen(poll!.message)).toBe(true);
    await preview.until((message) => !message.button('Confirm')?.disabled);
    const progress = await (await admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [1, 0, 0, 0] });
  });

  test('keeps the page that is shown when it enables Confirm', async () => {
    const { admin, channel } = bind(scene());
    const polls = await scene().polls(18, [channel('votes'), channel('more')]);
    const preview = await scene().preview(polls);
    await admin.press(preview, '▶');
    await preview.until((message) => message.text.includes('page 2 of 2'));
    await preview.until((message) => !message.button('Confirm')?.disabled);
    expect(preview.text).toContain('page 2 of 2');
    await admin.press(preview, 'Cancel');
  });
});

describeFlow('previews', { channels: 12 }, (scene) => {
  test('ask for a phrase above 100 polls; a wrong one leaves the preview usable', async () => {
    const { admin, guild } = bind(scene());
    const polls = await scene().polls(101, guild.channels);
    const preview = await (
      await admin.slash(guild.channels[0]!, 'bulk close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` })
    ).message();
    expect(preview.text).toContain('`CLOSE 101`');
    const asked = await admin.press(preview, 'Confirm');
    const modal = await asked.modal();
    expect(JSON.stringify(modal.components)).toContain('"placeholder":"CLOSE 101"');
    for (const wrong of ['close 101', 'CLOSE 100', 'CLOSE', '@everyone `x` **y**']) {
      const refusal = await (await admin.submit(asked, wrong)).message();
      expect(refusal.ephemeral).toBe(true);
      expect(refusal.text).toContain('the phrase is `CLOSE 101`');
      expect(refusal.text).toContain('Nothing was changed');
    }
    expect(polls.every(({ message }) => isOpen(message))).toBe(true);
    const progress = await (await admin.submit(await admin.press(preview, 'Confirm'), 'CLOSE 101')).message();
    expect(await resultOf(progress, 60_000)).toEqual({ word: 'completed', counts: [101, 0, 0, 0] });
    expectCountsToAddUp(progress, 101);
    await Promise.all(polls.map(({ message }) => message.until(isClosed)));
    const again = await (await admin.submit(asked, 'CLOSE 101')).message();
    expect(again.text).toMatch(/already used/);
  });

  test('name channels that the bot cannot edit before anything runs', async () => {
    const { admin, guild, sandbox } = bind(scene());
    const [open, shut] = [guild.channel('channel-2'), guild.channel('channel-3')];
    const polls = await scene().polls(4, [open, shut]);
    sandbox.deny(shut.id);
    const preview = await (
      await admin.slash(guild.channels[0]!, 'bulk close', { polls: polls.map(({ id }) => id).join(' ') })
    ).message();
    expect(preview.text).toContain('No access to 1 channel, 2 of these polls would fail there');
    expect(preview.text).toContain('#channel-3');
    expect(preview.text).not.toMatch(/• #channel-2/);
    expect(preview.button('Confirm')).toBeDefined();
    sandbox.allow(shut.id);
    await admin.press(preview, 'Cancel');
  });

  test('expire after ten minutes', async () => {
    const { admin, guild } = bind(scene());
    const poll = await scene().poll(guild.channels[0]!);
    const preview = await (
      await admin.slash(guild.channels[0]!, 'bulk close', { polls: String(poll.id) })
    ).message();
    scene().ahead = 10 * 60_000 + 1;
    const refusal = await (await admin.press(preview, 'Confirm')).message();
    scene().ahead = 0;
    expect(refusal.ephemeral).toBe(true);
    expect(refusal.text).toContain('expired after 10 minutes');
    expect(isOpen(poll.message)).toBe(true);
  });

  test('without anything to change give the reasons and no Confirm', async () => {
    const { admin, guild } = bind(scene());
    const polls = await scene().polls(2, [guild.channels[0]!]);
    for (const { id } of polls)
      await (await admin.slash(guild.channels[0]!, 'poll close', { poll: id })).message();
    const preview = await (
      await admin.slash(guild.channels[0]!, 'bulk close', { polls: `${polls[0]!.id},${polls[1]!.id},99999` })
    ).message();
    expect(preview.button('Confirm')).toBeUndefined();
    expect(preview.text).toContain('Nothing would change');
    expect(preview.text).toContain(`2 × already closed: #${polls[0]!.id}, #${polls[1]!.id}`);
    expect(preview.text).toContain('1 × not found: #99999');
    const forged = await admin.pressCustomId(preview, 'confirm:1');
    expect((await forged.message()).ephemeral).toBe(true);
  });
});

/** The parts of a scene that tests name all the time. */
function bind(scene: FlowScene) {
  const { admin, voter, sandbox, guild } = scene;
  return { admin, voter, sandbox, guild, channel: (name: string) => scene.channel(name) };
}
