import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { choosePolls, clear, openPicker, selectionOf } from '../support/picker-hand.ts';

describeFlow('pickers of others', { databases: ['pglite', 'postgres'] }, (scene) => {
  let polls: FlowPoll[];
  let newest: number[];
  let colleague: Person;

  beforeAll(async () => {
    const { guild, sandbox } = scene();
    polls = await scene().polls(4, [guild.channel('votes')]);
    newest = polls.map((poll) => poll.id).reverse();
    colleague = sandbox.person({ name: 'Cleo', permissions: { [guild.id]: permission.manageGuild } });
  });
  beforeEach(async () => {
    await clear(scene());
    await clear(scene(), colleague);
  });

  test('nobody else presses a picker, however forged: not a voter, a colleague, or a super admin', async () => {
    const { admin, voter, superAdmin } = scene();
    const picker = await openPicker(scene());
    await choosePolls(admin, picker, newest.slice(0, 2));
    for (const person of [colleague, superAdmin]) {
      await scene().ask('bulk selection set', { polls: String(newest[3]) }, person);
    }
    const before = picker.versions.length;
    const buttons = picker.buttons.flatMap((one) =>
      one.custom_id?.startsWith('pick-') ? [one.custom_id] : [],
    );
    expect(buttons).toHaveLength(5);
    for (const [person, words] of [
      [voter, /Manage Server/],
      [colleague, /not yours, or too old/],
      [superAdmin, /not yours, or too old/],
    ] as const) {
      for (const customId of buttons) {
        const answer = await (await person.pressCustomId(picker, customId)).message();
        expect([answer === picker, answer.onlyFor]).toEqual([false, person.id]);
        expect(answer.text).toMatch(words);
      }
      const chosen = await person.choose(picker, 'Choose polls', [], { force: true });
      expect((await chosen.message()).text).toMatch(words);
    }
    expect(picker.versions).toHaveLength(before);
    // What is said not to have been changed was not: not their own selection either.
    for (const person of [colleague, superAdmin]) {
      expect(await selectionOf(scene(), person)).toEqual([newest[3]]);
      await clear(scene(), person);
    }
    expect(await selectionOf(scene())).toEqual(newest.slice(0, 2).toReversed());
    // The toolbar is about the selection of who presses it: nobody gets at another one's.
    for (const customId of ['selected:close', 'selected:delete', 'ask:settings', 'asked:settings']) {
      const refused = await (await voter.pressCustomId(picker, customId)).message();
      expect(refused.text).toMatch(/Manage Server|no longer works/);
    }
    expect((await (await colleague.pressCustomId(picker, 'selected:close')).message()).text).toContain(
      'Nothing is selected',
    );
  });

  test('forged custom ids are refused in words', async () => {
    const { admin } = scene();
    const picker = await openPicker(scene());
    for (const customId of [
      'pick-on:x:1',
      'pick-all:99999999999999',
      'pick-all:-1',
      'pick-clear:',
      'pick-page:0:1',
      'pick-polls:1:1',
      'pick-status:1',
      'selected:undo',
      'selected:nothing',
      'ask:status',
      'asked:settings',
      'asked:close',
      'ask:',
    ]) {
      const { text } = await (await admin.pressCustomId(picker, customId)).message();
      expect([customId, text]).toEqual([
        customId,
        expect.stringMatching(/not yours, or too old|no longer works/),
      ]);
    }
    const kept = picker.menus[0]!.custom_id!.split(':')[1];
    const page = await (await admin.pressCustomId(picker, `pick-page:${kept}:77`)).message();
    expect(page.text).toContain('That page was replaced before, so nothing was changed');
    expect(await selectionOf(scene())).toEqual([]);
  });

  test('who is no admin any more cannot go on', async () => {
    const { sandbox, guild } = scene();
    const brief = sandbox.person({ name: 'Bea', permissions: { [guild.id]: permission.manageGuild } });
    const picker = await openPicker(scene(), {}, brief);
    await choosePolls(brief, picker, [newest[0]!]);
    brief.setPermissions(guild.id, 0n);
    for (const act of [
      () => brief.press(picker, '▶', { force: true }),
      () => brief.press(picker, 'Select page'),
      () => brief.press(picker, 'Close'),
      () => choosePolls(brief, picker, []),
      () => brief.contextMenu(polls[0]!.message, 'Select poll'),
      () => brief.slash(guild.channel('general'), 'bulk selection show'),
    ]) {
      const answer = await (await act()).message();
      expect([answer === picker, answer.text]).toEqual([false, expect.stringContaining('Manage Server')]);
    }
    expect(await brief.autocomplete(guild.channel('general'), 'bulk close', { polls: '' }, 'polls')).toEqual(
      [],
    );
  });
});
