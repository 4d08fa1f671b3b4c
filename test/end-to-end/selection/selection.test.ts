import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { isClosed, isOpen, resultOf } from '../progress-frames.ts';
import { clear, selectedIn, selectionOf } from '../support/picker-hand.ts';

describeFlow(
  'the saved selection',
  { bulk: { maxPolls: 12 }, databases: ['pglite', 'postgres'] },
  (scene) => {
    let away: SandboxGuild;
    let homeAdmin: Person;
    let polls: FlowPoll[];
    let ids: number[];
    let foreign: FlowPoll;
    let gone: FlowPoll;

    beforeAll(async () => {
      const { sandbox, guild, admin } = scene();
      away = sandbox.addGuild({ name: 'Away', channels: ['secret-plans'] });
      homeAdmin = sandbox.person({ name: 'Hal', permissions: { [guild.id]: permission.manageGuild } });
      polls = await scene().polls(8, [guild.channel('votes')]);
      ids = polls.map((poll) => poll.id);
      foreign = await scene().poll(away.channel('secret-plans'), { question: 'Foreign secret?' }, admin);
      gone = await scene().poll(guild.channel('votes'), { question: 'Short-lived?' });
      await remove([gone]);
    });
    beforeEach(async () => {
      await clear(scene());
      await clear(scene(), homeAdmin);
      await clear(scene(), scene().superAdmin);
    });

    const ask = async (command: string, polls?: string, by: Person = homeAdmin) =>
      (await scene().ask(`bulk selection ${command}`, polls === undefined ? {} : { polls }, by)).text;

    async function remove(some: readonly FlowPoll[]) {
      const preview = await scene().ask('bulk delete', { polls: some.map(({ id }) => id).join(' ') });
      const modal = await scene().admin.press(preview, 'Confirm');
      await resultOf(await (await scene().admin.submit(modal, `DELETE ${some.length}`)).message());
    }

    test('is added to, taken from, set and cleared by numbers and ranges; each answer says what happened', async () => {
      const [a, b, c, d] = ids as [number, number, number, number];
      expect(await ask('show')).toMatch(/0 polls selected[\s\S]*\/bulk select/);
      expect(await ask('add', `${a}, ${b}-${c}`)).toMatch(
        new RegExp(`3 polls selected[\\s\\S]*Added 3 polls: #${a}, #${b}, #${c}\\.`),
      );
      expect(await ask('add', `#${c} ${d}`)).toMatch(
        new RegExp(`4 polls selected[\\s\\S]*Added 1 poll: #${d}\\.[\\s\\S]*Selected before: #${c}\\.`),
      );
      expect(await ask('remove', `${a};${ids[6]}`)).toMatch(
        new RegExp(
          `3 polls selected[\\s\\S]*Took off 1 poll: #${a}\\.[\\s\\S]*Not selected anyway: #${ids[6]}\\.`,
        ),
      );
      expect(await ask('set', `${a}-${b}`)).toMatch(
        new RegExp(`2 polls selected[\\s\\S]*Added 1 poll: #${a}\\. Took off 2 polls: #${c}, #${d}\\.`),
      );
      expect(await selectionOf(scene(), homeAdmin)).toEqual([a, b]);
      const shown = await ask('show');
      expect(shown).toMatch(new RegExp(`\\*\\*#${a}\\*\\* · active · Question \\d\\? · Home`));
      expect(await ask('clear')).toMatch(/0 polls selected[\s\S]*Took off 2 polls/);
      expect(await ask('clear')).toContain('Nothing changed.');
    });

    test('names unknown, foreign and deleted numbers as not found, all in the same words', async () => {
      const missing = [foreign.id, gone.id]
        .sort((a, b) => a - b)
        .map((id) => `#${id}`)
        .join(', ');
      const added = await ask('add', `${ids[0]}, ${foreign.id}, ${gone.id}, 999999-1000001`);
      expect(added).toContain(`Not found: ${missing}, #999999, #1000000, #1000001.`);
      expect([selectedIn({ text: added } as never), added.includes('Foreign')]).toEqual([1, false]);
      const set = await ask('set', `${foreign.id} ${gone.id}`);
      expect(set).toMatch(/None of these polls was found: .*Your selection is as it was/);
      expect(await selectionOf(scene(), homeAdmin)).toEqual([ids[0]]);
      expect(await ask('set', `${foreign.id} ${ids[1]}`)).toContain(`Not found: #${foreign.id}.`);
      expect(await selectionOf(scene(), homeAdmin)).toEqual([ids[1]]);
      expect(await ask('remove', `${foreign.id}`)).toContain(`Not selected anyway: #${foreign.id}.`);
      // A super admin finds the foreign one.
      expect(await ask('add', `${ids[0]}, ${foreign.id}`, scene().superAdmin)).toContain('2 polls selected');
      expect(await ask('show', undefined, scene().superAdmin)).toContain('Foreign secret? · Away');
    });

    test('says what is wrong with the numbers, and stays as it was', async () => {
      await ask('add', `${ids[0]}`);
      for (const command of ['add', 'remove', 'set']) {
        for (const [written, words] of [
          ['x', /"x" is no poll number/],
          [' , ', /`polls` is empty/],
          ['9-1', /runs backwards/],
          ['1-100', /names 100 polls.*at most 12/],
          ['0', /no poll #0/],
        ] as const)
          expect(await ask(command, written)).toMatch(words);
      }
      expect(await selectionOf(scene(), homeAdmin)).toEqual([ids[0]]);
    });

    test('over the limit is refused by every way, and stays as it was', async () => {
      const more = await scene().polls(6, [scene().channel('more')]);
      const many = [...ids, ...more.map((poll) => poll.id)];
      await ask('set', many.slice(0, 12).join(','));
      expect(await ask('add', `${many[12]} ${many[13]}`)).toMatch(
        /14 selected polls; at most 12 .*Nothing was changed.*\/bulk selection remove/,
      );
      const pressed = await (await homeAdmin.contextMenu(more.at(-1)!.message, 'Select poll')).message();
      expect(pressed.text).toMatch(/13 selected polls; at most 12 .*Nothing was changed/);
      expect(await selectionOf(scene(), homeAdmin)).toEqual(many.slice(0, 12));
      const off = await (await homeAdmin.contextMenu(polls[0]!.message, 'Select poll')).message();
      expect(off.text).toMatch(/is not selected any more\. \*\*11 polls selected\*\*/);
      // Deleted ones make room, by name.
      await remove(more.slice(0, 2));
      const room = await ask('add', `${many[12]} ${many[13]}`);
      expect(room).toMatch(/To make room, deleted polls were forgotten: #\d+, #\d+\./);
      expect(room).toContain('11 polls selected');
      await remove(more.slice(2));
    });

    test('is what operations without a target act on, and survives its own use', async () => {
      const [a, b, c] = polls as [FlowPoll, FlowPoll, FlowPoll];
      await ask('set', `${a.id} ${b.id}`, scene().admin);
      const preview = await scene().ask('bulk close', { reason: 'over', notify: true });
      expect(preview.text).toContain('Close 2 polls');
      // Frozen at the preview: what is selected afterwards does not slip in.
      await ask('add', `${c.id}`, scene().admin);
      await resultOf(await (await scene().admin.press(preview, 'Confirm')).message());
      expect([isClosed(a.message), isClosed(b.message), isOpen(c.message)]).toEqual([true, true, true]);
      expect(await selectionOf(scene())).toEqual([a.id, b.id, c.id]);
      const again = await scene().ask('bulk reopen');
      expect([again.field('To change'), again.field('Skipped')]).toEqual([
        '2',
        expect.stringContaining(`already active: #${c.id}`),
      ]);
      await resultOf(await (await scene().admin.press(again, 'Confirm')).message());
      expect([isOpen(a.message), isOpen(b.message)]).toEqual([true, true]);
      expect(await selectionOf(scene())).toEqual([a.id, b.id, c.id]);
      // Whoever gives a target means that target.
      const other = await scene().ask('bulk close', { polls: String(ids[5]) });
      expect(other.text).toContain('Close 1 poll');
      await scene().admin.press(other, 'Cancel');
    });

    test('that is empty makes operations say how to choose polls', async () => {
      for (const command of ['close', 'delete', 'reopen', 'export', 'settings']) {
        const options = command === 'settings' ? { anonymous: true } : {};
        const { text } = await scene().ask(`bulk ${command}`, options, homeAdmin);
        expect(text).toMatch(
          /Nothing is selected.*`\/bulk select`.*Select poll.*`\/bulk selection add`.*`polls:/,
        );
      }
    });

    test('names what was deleted since, wherever it is shown or used', async () => {
      const [x, y] = (await scene().polls(2, [scene().channel('votes')])) as [FlowPoll, FlowPoll];
      await ask('set', `${x.id} ${y.id}`);
      await remove([x]);
      const told = `1 more was selected and deleted since: #${x.id}.`;
      expect(await ask('show')).toContain(told);
      expect(await ask('add', `${ids[0]}`)).toContain(told);
      const preview = await scene().ask('bulk close', {}, homeAdmin);
      expect(preview.field('Skipped')).toContain(`1 × deleted since it was selected: #${x.id}`);
      await homeAdmin.press(preview, 'Cancel');
      await remove([y]);
      await ask('remove', `${ids[0]}`);
      const nothing = await scene().ask('bulk close', {}, homeAdmin);
      expect(nothing.text).toMatch(
        /^Every selected poll was deleted since: #\d+, #\d+\. Nothing was changed/,
      );
      expect(nothing.button('Confirm')).toBeUndefined();
      expect(await ask('remove', `${x.id}-${y.id}`)).toContain('Took off 2 polls');
    });

    test('is toggled by Select poll on a poll’s message, and by nothing else there', async () => {
      const select = async (by: Person, message: FlowPoll['message']) =>
        await (await by.contextMenu(message, 'Select poll')).message();
      const on = await select(homeAdmin, polls[0]!.message);
      expect([on.text, on.onlyFor]).toEqual([
        expect.stringMatching(
          new RegExp(`#${ids[0]} "Question \\d\\?" is selected now\\. \\*\\*1 poll selected`),
        ),
        homeAdmin.id,
      ]);
      const [twice, thrice] = await Promise.all([
        select(homeAdmin, polls[0]!.message),
        select(homeAdmin, polls[1]!.message),
      ]);
      expect([twice.text, thrice.text]).toEqual([
        expect.stringContaining('is not selected any more'),
        expect.stringContaining('is selected now'),
      ]);
      expect(await selectionOf(scene(), homeAdmin)).toEqual([ids[1]]);

      const said = scene().admin.say(scene().channel('votes'), `#${ids[0]}`);
      const none = /not, or no longer, the message of a poll, so nothing was changed/;
      expect((await select(homeAdmin, said)).text).toMatch(none);
      expect((await select(homeAdmin, gone.message)).text).toMatch(none);
      expect((await select(scene().voter, polls[0]!.message)).text).toContain('Manage Server');
      expect((await select(homeAdmin, foreign.message)).text).toContain('Manage Server');
      expect(await selectionOf(scene(), homeAdmin)).toEqual([ids[1]]);
      await select(scene().superAdmin, foreign.message);
      await select(scene().superAdmin, polls[2]!.message);
      expect(await selectionOf(scene(), scene().superAdmin)).toHaveLength(2);
    });

    test('does not take a poll that is deleted while its message still stands', async () => {
      const poll = await scene().poll(scene().channel('more'), { question: 'Still here?' });
      const released = Promise.withResolvers<void>();
      const fault = scene().sandbox.faults.add({
        match: ({ method, path }) => method === 'DELETE' && path.endsWith(`/messages/${poll.message.id}`),
        before: () => released.promise,
      });
      const preview = await scene().ask('bulk delete', { polls: String(poll.id) });
      const modal = await scene().admin.press(preview, 'Confirm');
      const progress = await (await scene().admin.submit(modal, 'DELETE 1')).message();
      await progress.until(({ text }) => /deleted 1 of 1/.test(text));
      const answer = await (await homeAdmin.contextMenu(poll.message, 'Select poll')).message();
      expect(answer.text).toContain(`#${poll.id} "Still here?" was deleted, so it cannot be selected`);
      fault.remove();
      released.resolve();
      await resultOf(progress);
    });

    test('of many polls is shown by name and number, within what Discord shows', async () => {
      const more = await scene().polls(4, [scene().channel('more')]);
      await ask('set', [...ids, ...more.map((poll) => poll.id)].join(','));
      const shown = await ask('show');
      expect(shown).toContain('12 polls selected');
      for (const id of ids) expect(shown).toContain(`**#${id}**`);
    });
  },
);
