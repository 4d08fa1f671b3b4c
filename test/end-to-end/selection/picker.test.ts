import { beforeEach, expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { isClosed, isOpen, resultOf } from '../progress-frames.ts';
import {
  choosePolls,
  chosenIn,
  clear,
  openPicker,
  rowsOf,
  selectedIn,
  selectionOf,
} from '../support/picker-hand.ts';

describeFlow('the picker', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('sixty polls over three pages, two unselected by right-click, the rest closed: 58', async () => {
    const { admin } = scene();
    const channels = [scene().channel('votes'), scene().channel('more')];
    // Half of them at a time: an embedded database answers one command after the other, and each in time.
    const polls = [...(await scene().polls(35, channels)), ...(await scene().polls(35, channels))];
    const newestFirst = polls.map((poll) => poll.id).reverse();
    const picker = await openPicker(scene());
    expect(rowsOf(picker).ids).toEqual(newestFirst.slice(0, 25));
    expect(picker.text).toContain('0 polls selected');

    await admin.press(picker, 'Select page');
    expect(rowsOf(picker).ticked).toEqual(newestFirst.slice(0, 25));
    await admin.press(picker, '▶');
    expect(rowsOf(picker)).toEqual({ ids: newestFirst.slice(25, 50), ticked: [] });
    await admin.press(picker, 'Select page');
    await admin.press(picker, '▶');
    expect(rowsOf(picker).ids).toEqual(newestFirst.slice(50));
    await choosePolls(admin, picker, newestFirst.slice(50, 60));
    expect(selectedIn(picker)).toBe(60);

    for (const id of [newestFirst[3]!, newestFirst[30]!]) {
      const { message } = polls.find((poll) => poll.id === id)!;
      const answer = await (await admin.contextMenu(message, 'Select poll')).message();
      expect(answer.text).toContain('is not selected any more');
      expect(answer.onlyFor).toBe(admin.id);
    }
    const preview = await (await admin.press(picker, 'Close')).message();
    expect(preview.text).toContain('Close 58 polls');
    const result = await resultOf(await (await admin.press(preview, 'Confirm')).message());
    expect(result).toEqual({ word: 'completed', counts: [58, 0, 0, 0] });
    const selected = newestFirst.slice(0, 60).filter((id) => id !== newestFirst[3] && id !== newestFirst[30]);
    for (const poll of polls) {
      expect(selected.includes(poll.id) ? isClosed(poll.message) : isOpen(poll.message)).toBe(true);
    }
    expect(selectedIn(await scene().ask('bulk selection show'))).toBe(58);
  });
});

describeFlow('a picker’s controls', { bulk: { maxPolls: 30 }, databases: ['postgres'] }, (scene) => {
  let polls: FlowPoll[];
  let newest: number[];

  beforeEach(async () => {
    // Thirty-two with the same word, every fourth of them closed, and two others.
    if (polls === undefined) {
      polls = await scene().polls(32, [scene().channel('votes'), scene().channel('more')], {
        question: 'Lunch?',
      });
      await scene().polls(2, [scene().channel('votes')], { question: 'Dinner?' });
      const closed = polls.filter((_poll, index) => index % 4 === 0).map((poll) => poll.id);
      await resultOf(await scene().begin(polls.filter((poll) => closed.includes(poll.id))));
      newest = polls.map((poll) => poll.id).reverse();
    }
    await clear(scene());
  });

  const closedOnes = () => newest.filter((id) => polls.findIndex((poll) => poll.id === id) % 4 === 0);

  test('the menu has the page’s selected polls chosen, and a submit changes this page only', async () => {
    const { admin } = scene();
    const picker = await openPicker(scene(), { text: 'lunch' });
    await choosePolls(admin, picker, newest.slice(0, 3));
    expect([rowsOf(picker).ticked, chosenIn(picker)]).toEqual([newest.slice(0, 3), newest.slice(0, 3)]);
    expect(picker.text).toContain('Added 3 polls');
    await admin.press(picker, '▶');
    expect(chosenIn(picker)).toEqual([]);
    await choosePolls(admin, picker, [newest[25]!]);
    expect(selectedIn(picker)).toBe(4);
    await admin.press(picker, '◀');
    expect(chosenIn(picker)).toEqual(newest.slice(0, 3));
    await choosePolls(admin, picker, [newest[1]!, newest[4]!]);
    expect(await selectionOf(scene())).toEqual([newest[1]!, newest[4]!, newest[25]!].sort((a, b) => a - b));
    await choosePolls(admin, picker, []);
    expect(picker.text).toContain('Took off 2 polls');
    expect(await selectionOf(scene())).toEqual([newest[25]]);
  });

  test('status, sort and arrows keep the filters, which are shown through all of it', async () => {
    const { admin } = scene();
    const options = { text: 'LUNCH', channel: scene().channel('votes').id, status: 'active' };
    const picker = await openPicker(scene(), options);
    const shown = [/text: LUNCH/, new RegExp(`channel: <#${scene().channel('votes').id}>`)];
    const inVotes = (ids: readonly number[]) =>
      ids.filter((id) => polls.find((poll) => poll.id === id)!.channel.name === 'votes');
    const expectShown = (ids: readonly number[], status: string | null) => {
      expect(rowsOf(picker).ids).toEqual(ids.slice(0, 25));
      for (const words of shown) expect(picker.text).toMatch(words);
      if (status) expect(picker.text).toContain(`status: ${status}`);
      else expect(picker.text).not.toContain('status:');
      expect(picker.text).toContain(`${ids.length} polls match`);
      expect(picker.button('Select all matching')?.label).toBe(`Select all matching (${ids.length})`);
    };
    const active = newest.filter((id) => !closedOnes().includes(id));
    expectShown(inVotes(active), 'active');
    await admin.choose(picker, 'Status', ['closed']);
    expectShown(inVotes(closedOnes()), 'closed');
    await admin.choose(picker, 'Sort', ['oldest']);
    expectShown(inVotes(closedOnes()).toReversed(), 'closed');
    expect(picker.text).toContain('oldest first');
    await admin.choose(picker, 'Status', ['all']);
    expectShown(inVotes(newest).toReversed(), null);
    await admin.choose(picker, 'Status', ['scheduled']);
    expect(picker.text).toContain('No poll matches');
    expect(picker.button('Select page')?.disabled).toBe(true);
    expect(picker.button('Select all matching (0)')?.disabled).toBe(true);
    await admin.choose(picker, 'Sort', ['closing']);
    await admin.choose(picker, 'Status', ['all']);
    expectShown(inVotes(newest).toReversed(), null);
  });

  test('numbers that were asked for and are no polls are named', async () => {
    const picker = await openPicker(scene(), { polls: `${newest[0]}, 900-902`, status: 'closed' });
    expect(picker.text).toContain('Not found: #900, #901, #902.');
    expect((await openPicker(scene(), { polls: `${newest[0]}` })).text).not.toContain('Not found');
  });

  test('arrows are there where there is a page', async () => {
    const { admin } = scene();
    const picker = await openPicker(scene(), { text: 'lunch' });
    const arrows = () => ['◀', '▶'].map((label) => !picker.button(label)?.disabled);
    expect([arrows(), picker.text.includes('Page 1 of 2')]).toEqual([[false, true], true]);
    await admin.press(picker, '▶');
    expect([arrows(), picker.text.includes('Page 2 of 2')]).toEqual([[true, false], true]);
    expect(rowsOf(picker).ids).toEqual(newest.slice(25));
    await admin.press(picker, '◀');
    expect(rowsOf(picker).ids).toEqual(newest.slice(0, 25));
  });

  test('Select all matching takes exactly what matched then and says how many; Clear lets go of all', async () => {
    const { admin } = scene();
    const picker = await openPicker(scene(), { text: 'lunch', status: 'closed' });
    await admin.press(picker, 'Select all matching (8)');
    expect(picker.text).toMatch(/8 polls matched at that moment\. Added 8 polls/);
    expect(await selectionOf(scene())).toEqual(closedOnes().toReversed());
    const late = await scene().poll(scene().channel('votes'), { question: 'A late lunch?' });
    await resultOf(await scene().begin([late]));
    expect(await selectionOf(scene())).not.toContain(late.id);
    await admin.press(picker, 'Clear');
    expect([selectedIn(picker), rowsOf(picker).ticked, chosenIn(picker)]).toEqual([0, [], []]);
    expect(await selectionOf(scene())).toEqual([]);
    const preview = await scene().ask('bulk delete', { polls: String(late.id) });
    const modal = await admin.press(preview, 'Confirm');
    await resultOf(await (await admin.submit(modal, 'DELETE 1')).message());
  });

  test('what goes over the limit is refused where it was pressed, changes nothing, and is not left chosen', async () => {
    const { admin } = scene();
    const all = await openPicker(scene());
    await choosePolls(admin, all, newest.slice(0, 2));
    const before = await selectionOf(scene());
    await admin.press(all, 'Select all matching');
    expect(all.text).toMatch(/3\d polls match, but at most 30 can be selected.*Nothing was changed/);
    expect(all.text).toContain('2 polls selected');
    expect(await selectionOf(scene())).toEqual(before);

    // The page fits; what is selected elsewhere beside it does not.
    const lunch = await openPicker(scene(), { text: 'lunch' });
    await admin.press(lunch, 'Select page');
    await admin.press(lunch, '▶');
    await choosePolls(admin, lunch, newest.slice(25, 30));
    expect(selectedIn(lunch)).toBe(30);
    await choosePolls(admin, lunch, newest.slice(25, 32));
    expect(lunch.text).toMatch(/32 selected polls; at most 30.*Nothing was changed/);
    expect([selectedIn(lunch), chosenIn(lunch)]).toEqual([30, newest.slice(25, 30)]);
    await admin.press(lunch, 'Select page');
    expect(lunch.text).toMatch(/at most 30/);
    expect(await selectionOf(scene())).toHaveLength(20);
    // Who looks at another list is told that operations take these all the same.
    const dinner = await openPicker(scene(), { text: 'dinner' });
    expect(dinner.text).toContain('**30 polls selected** · none of them in this list');
    const some = await openPicker(scene(), { text: 'lunch', status: 'closed' });
    expect(some.text).toMatch(/\*\*30 polls selected\*\* · 2\d of them not in this list/);
    expect(selectedIn(await scene().ask('bulk selection show'))).toBe(30);
  });

  test('tells how many voted, but not of an anonymous poll that is still open', async () => {
    const { admin, voter } = scene();
    const channel = scene().channel('votes');
    const open = await scene().poll(channel, { question: 'Snack open?' });
    const secret = await scene().poll(channel, { question: 'Snack secret?', anonymous: true });
    for (const poll of [open, secret]) await voter.press(poll.message, 'Tea');
    const picker = await openPicker(scene(), { text: 'snack' });
    expect(picker.text).toMatch(/Snack secret\? · Home · votes secret\n.*Snack open\? · Home · 1 vote$/m);
    const told = picker.menus[0]!.options!.map(({ description }) => description);
    expect(told).toEqual(['active · votes secret · Home', 'active · 1 vote · Home']);
    await resultOf(await scene().begin([open, secret]));
    await admin.choose(picker, 'Sort', ['oldest']);
    expect(picker.text.match(/closed · Snack .* · 1 vote$/gm)).toHaveLength(2);
    const preview = await scene().ask('bulk delete', { polls: `${open.id},${secret.id}` });
    const modal = await admin.press(preview, 'Confirm');
    await resultOf(await (await admin.submit(modal, 'DELETE 2')).message());
  });

  test('is one private message, edited in place', async () => {
    const { admin } = scene();
    const picker = await openPicker(scene(), { text: 'dinner' });
    for (const act of [
      () => admin.press(picker, 'Select page'),
      () => admin.press(picker, 'Clear'),
      () => admin.choose(picker, 'Sort', ['oldest']),
      () => choosePolls(admin, picker, rowsOf(picker).ids.slice(0, 1)),
    ]) {
      const reply = await act();
      expect(await reply.message()).toBe(picker);
      expect([reply.followUps.length, picker.onlyFor]).toEqual([0, admin.id]);
    }
  });
});
