import { expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';
import { isClosed, isOpen, resultOf } from '../progress-frames.ts';

describeFlow('what was confirmed is what runs', { bulk: { maxPolls: 10 } }, (scene) => {
  test('a poll that matches after the preview does not slip in', async () => {
    const { admin, guild } = scene();
    const votes = guild.channel('votes');
    const polls = await scene().polls(3, [votes], { question: 'Slipping?' });
    const preview = await scene().ask('bulk close', { text: 'slipPING', status: 'active' });
    expect(preview.field('To change')).toBe('3');
    const late = await scene().poll(votes, { question: 'Slipping later?' });
    const progress = await (await admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [3, 0, 0, 0] });
    expect(polls.every(({ message }) => isClosed(message))).toBe(true);
    expect(isOpen(late.message)).toBe(true);
  });

  test('a poll that somebody closed after the preview is skipped with the reason, inside the total', async () => {
    const { admin, guild } = scene();
    const polls = await scene().polls(3, [guild.channel('votes')]);
    const preview = await scene().preview(polls);
    await scene().ask('poll close', { poll: polls[1]!.id });
    const progress = await (await admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [2, 0, 1, 0] });
    expect(progress.text).toContain(`1 × already closed: #${polls[1]!.id}`);
  });

  test('a vote after the preview changes nothing about the plan, and is counted', async () => {
    const { admin, guild, voter } = scene();
    const [poll] = await scene().polls(1, [guild.channel('more')]);
    const preview = await scene().preview([poll!]);
    await (await voter.press(poll!.message, 'Tea')).message();
    const progress = await (await admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [1, 0, 0, 0] });
    expect(poll!.message.text).toContain('Winner: **Tea** with 1 vote');
  });

  test('when all of them were closed meanwhile, everything is skipped and it is completed', async () => {
    const { admin, guild } = scene();
    const polls = await scene().polls(2, [guild.channel('votes')]);
    const preview = await scene().preview(polls);
    for (const { id } of polls) await scene().ask('poll close', { poll: id });
    const progress = await (await admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [0, 0, 2, 0] });
    expect(progress.text).not.toContain('NaN');
  });

  test('a target that matches nothing gets an answer', async () => {
    for (const options of [
      { text: 'no such question' },
      { polls: '99998-99999' },
      { created_before: '2001-01-01' },
      { status: 'scheduled' },
    ]) {
      const answer = await scene().ask('bulk close', options);
      expect(answer.ephemeral).toBe(true);
      expect(answer.text).toMatch(/No poll matches/);
      expect(answer.text).toContain('Nothing was changed');
      expect(answer.buttons).toEqual([]);
    }
  });

  test('more matches than the limit: how many, the limit, and how to narrow it', async () => {
    await scene().polls(11, scene().guild.channels, { question: 'Too many?' });
    const answer = await scene().ask('bulk close', { text: 'too many?' });
    expect(answer.text).toMatch(/^11 polls match, but one operation takes at most 10\./);
    expect(answer.text).toContain('Narrow it');
    expect(answer.buttons).toEqual([]);
  });

  test('no target at all: an answer that says how to name some', async () => {
    const answer = await scene().ask('bulk close', { reason: 'just because' });
    expect(answer.ephemeral).toBe(true);
    expect(answer.text).toContain('polls: 12, 40-55');
    expect(answer.buttons).toEqual([]);
  });

  test('every target option narrows', async () => {
    const { guild, admin, superAdmin } = scene();
    const votes = guild.channel('votes');
    const mine = await scene().poll(votes, { question: 'Narrow one?' });
    const theirs = await scene().poll(guild.channel('more'), { question: 'Narrow two?' }, superAdmin);
    const later = await scene().poll(votes, { question: 'Narrow three?', opens: '3d' });
    const matched = async (options: Record<string, string>) => {
      const preview = await scene().ask('bulk close', { text: 'narrow', ...options });
      return [...preview.text.matchAll(/^#(\d+) Narrow/gm)].map((match) => Number(match[1]));
    };
    expect(await matched({})).toEqual([mine.id, theirs.id, later.id]);
    expect(await matched({ channel: votes.id })).toEqual([mine.id, later.id]);
    expect(await matched({ creator: superAdmin.id })).toEqual([theirs.id]);
    expect(await matched({ creator: admin.id, status: 'active' })).toEqual([mine.id]);
    expect(await matched({ status: 'scheduled' })).toEqual([later.id]);
    expect(await matched({ server: guild.id, polls: `${theirs.id}` })).toEqual([theirs.id]);
    expect(await matched({ created_after: '1h' })).toEqual([mine.id, theirs.id, later.id]);
    expect(await matched({ created_before: '1h' })).toEqual([]);
  });
});
