import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { resultOf } from '../progress-frames.ts';
import {
  choosePolls,
  chosenIn,
  clear,
  openPicker,
  rowsOf,
  selectedIn,
  selectionOf,
} from '../support/picker-hand.ts';

function idOf(picker: SandboxMessage, label: string): string {
  return picker.button(label)!.custom_id!;
}

describeFlow('pickers side by side', { databases: ['pglite', 'postgres'] }, (scene) => {
  let polls: FlowPoll[];
  let newest: number[];
  let colleague: Person;

  beforeAll(async () => {
    const { guild, sandbox } = scene();
    polls = await scene().polls(30, [guild.channel('votes'), guild.channel('more')]);
    newest = polls.map((poll) => poll.id).reverse();
    colleague = sandbox.person({ name: 'Cleo', permissions: { [guild.id]: permission.manageGuild } });
  });
  beforeEach(async () => {
    await clear(scene());
    await clear(scene(), colleague);
  });

  test('two presses in the same instant lose nothing, and the message ends as things are', async () => {
    const { admin } = scene();
    const [a, b, c, d] = newest as [number, number, number, number];
    const picker = await openPicker(scene());
    // Two menus filled in on what both saw, a page turned away under them, a list sorted anew.
    await Promise.all([
      choosePolls(admin, picker, [a, b]),
      choosePolls(admin, picker, [c, d]),
      admin.press(picker, '▶'),
    ]);
    await picker.until((message) => selectedIn(message) === 4 && rowsOf(message).ids.length === 5);
    expect(await selectionOf(scene())).toEqual([d, c, b, a]);
    await Promise.all([admin.press(picker, 'Select page'), admin.press(picker, '◀')]);
    await picker.until((message) => selectedIn(message) === 9 && rowsOf(message).ids.length === 25);
    expect(chosenIn(picker)).toEqual([a, b, c, d]);
    await Promise.all([choosePolls(admin, picker, [a, b]), admin.choose(picker, 'Sort', ['oldest'])]);
    await picker.until((message) => selectedIn(message) === 7 && rowsOf(message).ids[0] === newest.at(-1));
    expect(await selectionOf(scene())).toEqual([...newest.slice(25).toReversed(), b, a]);
  });

  test('a press means the list it was made on, also where another press has changed that before', async () => {
    const { admin } = scene();
    const picker = await openPicker(scene(), { text: 'question', status: 'closed' });
    const [all, none] = [idOf(picker, 'Select all matching'), newest.slice(0, 0)];
    await admin.choose(picker, 'Status', ['active']);
    expect(picker.button('Select all matching')?.label).toBe('Select all matching (30)');
    await admin.pressCustomId(picker, all);
    expect(await selectionOf(scene())).toEqual(none);
    expect(picker.text).toContain('0 polls matched at that moment');

    const on = idOf(picker, '▶');
    await admin.choose(picker, 'Sort', ['closing']);
    await admin.pressCustomId(picker, on);
    expect(rowsOf(picker).ids).toEqual(newest.toReversed().slice(0, 25));
    expect(picker.text).toContain('Page 1 of 2');
    await admin.press(picker, '▶');
    expect(rowsOf(picker).ids).toEqual(newest.toReversed().slice(25));
  });

  test('many presses in the same instant all count', async () => {
    const { admin } = scene();
    const picker = await openPicker(scene());
    const some = newest.slice(0, 10);
    await Promise.all(some.map((id) => choosePolls(admin, picker, [id])));
    await picker.until((message) => selectedIn(message) === 10);
    expect(rowsOf(picker).ticked).toEqual(some);
    expect(await selectionOf(scene())).toEqual(some.toReversed());
  });

  test('a second picker beside the first keeps its own page and list, and neither undoes what the other did', async () => {
    const { admin } = scene();
    const first = await openPicker(scene());
    const second = await openPicker(scene(), { text: 'question' });
    await choosePolls(admin, first, [newest[0]!]);
    await admin.press(second, '▶');
    expect([rowsOf(first).ids, rowsOf(second).ids]).toEqual([newest.slice(0, 25), newest.slice(25)]);
    await admin.press(second, '◀');
    expect(rowsOf(second).ticked).toEqual([newest[0]]);
    await choosePolls(admin, first, [newest[0]!, newest[1]!]);
    // The second still shows the second poll unticked: who chooses a third there has said nothing of it.
    await choosePolls(admin, second, [newest[0]!, newest[2]!]);
    expect(await selectionOf(scene())).toEqual(newest.slice(0, 3).toReversed());
    expect(rowsOf(second).ticked).toEqual(newest.slice(0, 3));
    // And the first still shows the third unticked: it lets go of what is taken out there, and of nothing else.
    await choosePolls(admin, first, [newest[1]!]);
    expect(await selectionOf(scene())).toEqual([newest[2], newest[1]]);
    const third = await (await admin.contextMenu(polls.at(-1)!.message, 'Select poll')).message();
    expect(third.text).toContain('is selected now');
    await choosePolls(admin, second, newest.slice(0, 4));
    expect(await selectionOf(scene())).toEqual([newest[3], newest[2], newest[1], newest[0]]);
  });

  test('a press whose answer is lost, or late, counts once and is shown', async () => {
    const { admin, sandbox } = scene();
    const picker = await openPicker(scene());
    const callback = { method: 'POST', path: /^\/interactions\/.*\/callback$/ };
    const lost = sandbox.faults.add({ match: callback, times: 1, loseReply: true });
    await admin.press(picker, 'Select page');
    await picker.until((message) => selectedIn(message) === 25);
    expect(lost.hits).toBe(1);
    const refused = sandbox.faults.add({ match: callback, times: 1, status: 500 });
    await choosePolls(admin, picker, newest.slice(0, 2));
    await picker.until((message) => selectedIn(message) === 2);
    expect(refused.hits).toBe(1);
    expect(await selectionOf(scene())).toEqual(newest.slice(0, 2).toReversed());
  });

  test('two admins have a selection each', async () => {
    const { admin } = scene();
    const mine = await openPicker(scene());
    const theirs = await openPicker(scene(), {}, colleague);
    await Promise.all([
      choosePolls(admin, mine, newest.slice(0, 2)),
      choosePolls(colleague, theirs, newest.slice(1, 4)),
    ]);
    expect(await selectionOf(scene())).toEqual(newest.slice(0, 2).toReversed());
    expect(await selectionOf(scene(), colleague)).toEqual(newest.slice(1, 4).toReversed());
    const preview = await (await colleague.press(theirs, 'Close')).message();
    expect(preview.text).toContain('Close 3 polls');
    await colleague.press(preview, 'Cancel');
  });

  test('polls deleted under an open picker are named there and in the preview, and come back with the undo', async () => {
    const { admin } = scene();
    const [a, b, c] = (await scene().polls(3, [scene().channel('votes')], { question: 'Short-lived?' })).map(
      (poll) => poll.id,
    ) as [number, number, number];
    const picker = await openPicker(scene(), { text: 'short-lived' });
    await admin.press(picker, 'Select page');
    const deletion = await scene().ask('bulk delete', { polls: `${a},${b}` });
    const modal = await admin.press(deletion, 'Confirm');
    const progress = await (await admin.submit(modal, 'DELETE 2')).message();
    await resultOf(progress);

    // A press on what was seen before the delete: what is gone was not for anybody to take off.
    await choosePolls(admin, picker, []);
    expect(picker.text).toContain('0 polls selected');
    expect(picker.text).toContain(`2 more were selected and deleted since: #${a}, #${b}`);
    expect(picker.text).toContain(`☑ **#${a}** · deleted since`);
    await choosePolls(admin, picker, [c]);
    const preview = await (await admin.press(picker, 'Close')).message();
    expect(preview.text).toContain('Close 1 poll');
    expect(preview.field('Skipped')).toContain(`2 × deleted since it was selected: #${a}, #${b}`);
    await admin.press(preview, 'Cancel');

    const undo = await (await admin.press(progress, 'Undo')).message();
    await resultOf(await (await admin.press(undo, 'Confirm')).message());
    expect(await selectionOf(scene())).toEqual([a, b, c]);
    await admin.choose(picker, 'Sort', ['oldest']);
    expect([rowsOf(picker).ticked, chosenIn(picker)]).toEqual([
      [a, b, c],
      [a, b, c],
    ]);
  });
});
