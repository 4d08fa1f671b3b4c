import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { isOpen } from '../progress-frames.ts';
import { choosePolls, clear, openPicker, rowsOf, selectedIn, selectionOf } from '../support/picker-hand.ts';

describeFlow('the picker and selection of a server admin', { databases: ['pglite', 'postgres'] }, (scene) => {
  let away: SandboxGuild;
  let homeAdmin: Person;
  let home: FlowPoll[];
  let foreign: FlowPoll[];
  let homeIds: number[];

  beforeAll(async () => {
    const { sandbox, guild, admin } = scene();
    away = sandbox.addGuild({ name: 'Away', channels: ['secret-plans'] });
    homeAdmin = sandbox.person({ name: 'Hal', permissions: { [guild.id]: permission.manageGuild } });
    const secret = (n: number) =>
      scene().poll(away.channel('secret-plans'), { question: `Foreign secret ${n}?` }, admin);
    const before = [await secret(1), await secret(2)];
    home = await scene().polls(3, [guild.channel('votes')]);
    foreign = [...before, await secret(3)];
    homeIds = home.map((poll) => poll.id);
  });
  beforeEach(async () => {
    for (const person of [homeAdmin, scene().admin, scene().superAdmin]) await clear(scene(), person);
  });

  const numbers = () => [...home, ...foreign].map((poll) => poll.id).join(',');

  test('list, count and take their own server’s polls only, whatever the filters', async () => {
    const everything = await openPicker(scene(), {}, homeAdmin);
    const named = await openPicker(scene(), { polls: numbers() }, homeAdmin);
    const own = await openPicker(scene(), { server: scene().guild.id }, homeAdmin);
    for (const picker of [everything, named, own]) {
      expect(rowsOf(picker).ids).toEqual(homeIds.toReversed());
      expect(picker.text).toContain('3 polls match');
      expect(picker.text).not.toMatch(/Foreign|secret|Away/);
      expect(picker.text).not.toContain(away.id);
      await homeAdmin.press(picker, 'Select all matching (3)');
      expect(await selectionOf(scene(), homeAdmin)).toEqual(homeIds);
      await homeAdmin.press(picker, 'Clear');
    }
    for (const options of [{ text: 'secret' }, { polls: String(foreign[0]!.id) }]) {
      const nothing = await openPicker(scene(), options, homeAdmin);
      expect([rowsOf(nothing).ids, nothing.text.includes('0 polls match')]).toEqual([[], true]);
    }
    const refused = await scene().ask('bulk select', { server: away.id }, homeAdmin);
    const unknown = await scene().ask('bulk select', { server: '900000000000000077' }, homeAdmin);
    expect(refused.text).toMatch(/Server .* was not found/);
    expect(refused.text.replace(away.id, '900000000000000077')).toBe(unknown.text);
  });

  test('cannot be made to take a foreign poll by a forged menu', async () => {
    const picker = await openPicker(scene(), {}, homeAdmin);
    const ids = [foreign[0]!.id, homeIds[0]!].map(String);
    await homeAdmin.choose(picker, 'Choose polls', ids, { force: true });
    expect(await selectionOf(scene(), homeAdmin)).toEqual([homeIds[0]]);
    expect(picker.text).not.toMatch(/Foreign/);
  });

  test('a super admin has one over all servers, wherever it is used', async () => {
    const { superAdmin } = scene();
    const picker = await openPicker(scene(), { polls: numbers() }, superAdmin);
    expect(rowsOf(picker).ids).toHaveLength(6);
    expect(picker.text).toMatch(/Foreign secret 3\? · Away[\s\S]*Question \d\? · Home/);
    await superAdmin.press(picker, 'Select all matching (6)');
    const there = await superAdmin.slash(away.channel('secret-plans'), 'bulk selection show');
    expect(selectedIn(await there.message())).toBe(6);
    const filtered = await openPicker(scene(), { server: away.id }, superAdmin);
    expect(rowsOf(filtered).ticked).toEqual(foreign.map((poll) => poll.id).reverse());
    expect(filtered.text).toContain('server: Away');
    const preview = await (await superAdmin.press(picker, 'Close')).message();
    expect(preview.text).toContain('Close 6 polls');
    await superAdmin.press(preview, 'Cancel');
    expect([...home, ...foreign].every((poll) => isOpen(poll.message))).toBe(true);
  });

  test('who runs two servers has a selection in each, and a picker works where it was opened', async () => {
    const { admin } = scene();
    const here = await openPicker(scene());
    expect(rowsOf(here).ids).toEqual(homeIds.toReversed());
    await choosePolls(admin, here, [homeIds[0]!]);
    const elsewhere = away.channel('secret-plans');
    const there = await (await admin.slash(elsewhere, 'bulk select')).message();
    expect(rowsOf(there)).toEqual({ ids: foreign.map((poll) => poll.id).reverse(), ticked: [] });
    await admin.press(there, 'Select page');
    expect(await selectionOf(scene())).toEqual([homeIds[0]]);
    const close = await (await admin.slash(elsewhere, 'bulk close')).message();
    expect(close.text).toContain('Close 3 polls');
    await admin.press(close, 'Cancel');
    // Their own picker of the other server, carried here by a forged press.
    const forged = there.button('Clear')!.custom_id!;
    const answer = await (await admin.pressCustomId(here, forged)).message();
    expect(answer.text).toContain('not yours, or too old');
    const kept = await (await admin.slash(elsewhere, 'bulk selection show')).message();
    expect(selectedIn(kept)).toBe(3);
  });
});
