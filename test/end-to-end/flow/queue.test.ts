import { expect, test } from 'vitest';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import { expectCountsToAddUp, isOpen, numberOf, resultOf } from '../progress-frames.ts';

describeFlow(
  'one operation at a time',
  { bulk: { maxConcurrent: 1 }, databases: ['pglite', 'postgres'] },
  (scene) => {
    test('the second posts its progress at once, says its place, and starts by itself', async () => {
      const { guild } = scene();
      const second = scene().sandbox.person({ name: 'Bob', permissions: permission.manageGuild });
      const [ones, twos, threes] = await Promise.all([
        scene().polls(3, [guild.channel('votes')]),
        scene().polls(3, [guild.channel('more')]),
        scene().polls(2, [guild.channel('more')]),
      ]);
      const held = scene().sandbox.faults.hold(scene().editsIn('votes'));
      const first = await scene().begin(ones);
      await held.reached;
      const waiting = await scene().begin(twos, {}, second);
      expect(waiting.field('Waiting')).toBe('3');
      expect(waiting.text).toContain('In the queue: place 1');
      const last = await scene().begin(threes, {}, second);
      expect(last.text).toContain('In the queue: place 2');
      expect(twos.every(({ message }) => isOpen(message))).toBe(true);
      // A poll of a queued operation takes votes.
      const vote = await (await scene().voter.press(twos[0]!.message, 'Coffee')).message();
      expect(vote.text).toContain('**Coffee**');
      held.release();
      expect((await resultOf(first)).counts).toEqual([3, 0, 0, 0]);
      await last.until((message) => message.text.includes('place 1') || !message.text.includes('place'));
      expect((await resultOf(waiting)).counts).toEqual([3, 0, 0, 0]);
      expect((await resultOf(last)).counts).toEqual([2, 0, 0, 0]);
      for (const [message, total] of [
        [first, 3],
        [waiting, 3],
        [last, 2],
      ] as const)
        expectCountsToAddUp(message, total);
      expect(twos[0]!.message.text).toContain('Winner: **Coffee**');
    });

    test('a queued one is cancelled without having touched anything', async () => {
      const { guild, admin, sandbox } = scene();
      const [ones, twos] = await Promise.all([
        scene().polls(2, [guild.channel('votes')]),
        scene().polls(3, [guild.channel('more')]),
      ]);
      const held = scene().sandbox.faults.hold(scene().editsIn('votes'));
      const first = await scene().begin(ones);
      await held.reached;
      const queued = await scene().begin(twos);
      expect(queued.text).toContain('In the queue: place 1');
      expect(queued.button('Pause')).toBeUndefined();
      const pause = await (await admin.pressCustomId(queued, `pause:${numberOf(queued)}`)).message();
      expect(pause.text).toContain('is still queued');
      sandbox.clearLog();
      await (await admin.press(queued, 'Cancel')).message();
      expect(await resultOf(queued)).toEqual({ word: 'cancelled', counts: [0, 0, 3, 0] });
      expect(queued.text).toContain('3 × cancelled before it was changed');
      expect(scene().requestsTo(guild.channel('more'), 'PATCH')).toEqual([]);
      expect(twos.every(({ message }) => isOpen(message))).toBe(true);
      held.release();
      expect((await resultOf(first)).word).toBe('completed');
    });

    test('a paused one gives its slot to the next, and gets the next free one when it is resumed', async () => {
      const { guild, superAdmin } = scene();
      const [ones, twos, threes] = await Promise.all([
        scene().polls(3, [guild.channel('votes')]),
        scene().polls(2, [guild.channel('more')]),
        scene().polls(2, [guild.channel('general')]),
      ]);
      const held = scene().sandbox.faults.hold(scene().editsIn('votes'));
      const first = await scene().begin(ones);
      await held.reached;
      const other = scene().sandbox.faults.hold(scene().editsIn('more'));
      const second = await scene().begin(twos, {}, superAdmin);
      expect(second.text).toContain('In the queue: place 1');
      await (await scene().admin.press(first, 'Pause')).message();
      held.release();
      await other.reached;
      const third = await scene().begin(threes, {}, superAdmin);
      expect(third.text).toContain('In the queue: place 1');
      await first.until((message) => message.button('Resume') !== undefined);
      const answer = await (await scene().admin.press(first, 'Resume')).message();
      expect(answer.text).toContain('goes on as soon as a slot is free');
      await first.until(({ text }) => text.includes('it waits for a free slot: place 1'));
      await third.until(({ text }) => text.includes('In the queue: place 2'));
      other.release();
      for (const [progress, count] of [
        [second, 2],
        [first, 3],
        [third, 2],
      ] as const) {
        expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [count, 0, 0, 0] });
      }
      const ended = [second, first, third].map((progress) => progress.versions.at(-1)!.at);
      expect(ended).toEqual([...ended].sort((a, b) => a - b));
    });

    test('a poll that a running operation holds is left out, naming the holder', async () => {
      const { guild } = scene();
      const polls = await scene().polls(3, [guild.channel('votes')]);
      const extra = await scene().poll(guild.channel('more'));
      const held = scene().sandbox.faults.hold(scene().editsIn('votes'));
      const first = await scene().begin(polls);
      await held.reached;
      const preview = await scene().preview([...polls, extra], {}, scene().superAdmin);
      expect(preview.field('To change')).toBe('1');
      expect(preview.field('Skipped')).toMatch(/3 × held by Operation #\d+/);
      const refused = await scene().ask('poll close', { poll: polls[0]!.id });
      expect(refused.text).toContain(`held by Operation #${numberOf(first)}`);
      held.release();
      await resultOf(first);
    });
  },
);

describeFlow(
  'two admins',
  { bulk: { maxConcurrent: 3, maxPerAdmin: 1 }, databases: ['pglite', 'postgres'] },
  (scene) => {
    test('with the same polls in the same second: each poll is in one operation', async () => {
      const { guild, admin, superAdmin } = scene();
      const polls = await scene().polls(20, [guild.channel('votes'), guild.channel('more')]);
      const previews = await Promise.all([
        scene().preview(polls, {}, admin),
        scene().preview(polls, {}, superAdmin),
      ]);
      const [one, two] = await Promise.all([
        admin.press(previews[0]!, 'Confirm').then((reply) => reply.message()),
        superAdmin.press(previews[1]!, 'Confirm').then((reply) => reply.message()),
      ]);
      const results = await Promise.all([resultOf(one), resultOf(two)]);
      expect(results.map(({ word }) => word)).toEqual(['completed', 'completed']);
      const [a, b] = results.map(({ counts }) => counts) as [number[], number[]];
      expect(a[0]! + b[0]!).toBe(20);
      expect(a[2]! + b[2]!).toBe(20);
      for (const message of [one, two]) {
        expectCountsToAddUp(message, 20);
        if (message.field('Skipped') === '0') continue;
        expect(message.text).toMatch(/× (held by Operation #\d+|already closed)/);
      }
    });

    test('one that waits only for its own limit holds up nobody else', async () => {
      const { guild, superAdmin } = scene();
      const [ones, twos, threes] = await Promise.all([
        scene().polls(2, [guild.channel('votes')]),
        scene().polls(2, [guild.channel('more')]),
        scene().polls(2, [guild.channel('more')]),
      ]);
      const held = scene().sandbox.faults.hold(scene().editsIn('votes'));
      const first = await scene().begin(ones);
      await held.reached;
      const own = await scene().begin(twos);
      expect(own.text).toContain('In the queue: place 1');
      const other = await scene().begin(threes, {}, superAdmin);
      expect((await resultOf(other)).counts).toEqual([2, 0, 0, 0]);
      expect(own.text).toContain('In the queue');
      held.release();
      await resultOf(first);
      expect((await resultOf(own)).counts).toEqual([2, 0, 0, 0]);
    });
  },
);
