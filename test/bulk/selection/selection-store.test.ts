import { expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { readSelection } from '../../../src/bulk/selection/selection-store.ts';
import { goneText } from '../../../src/bulk/selection/selection-text.ts';
import { serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { interactionId } from '../bulk-fixture.ts';
import {
  atHome,
  awayGuildId,
  change,
  copies,
  everywhere,
  markDeleted,
  pollsOf,
} from './selection-fixture.ts';

const unknown = 999_999;

describeEachDatabase('a selection', (fresh) => {
  test('is empty until something is added, and says what each change did', async () => {
    const db = await fresh();
    const [a, b, c, d] = (await pollsOf(db, serverId, 4)) as [number, number, number, number];
    expect(await readSelection(db, atHome)).toEqual({ ids: [], gone: [] });
    const nothing = { added: [], removed: [], unknown: [], forgotten: [] };
    const steps: [object, object][] = [
      [{ add: [c, a, a] }, { ...nothing, selection: { ids: [a, c], gone: [] }, added: [a, c] }],
      [
        { add: [a, b, unknown] },
        { ...nothing, selection: { ids: [a, b, c], gone: [] }, added: [b], unknown: [unknown] },
      ],
      [{ remove: [b, d, unknown] }, { ...nothing, selection: { ids: [a, c], gone: [] }, removed: [b] }],
      [
        { remove: 'all', add: [c, d] },
        { ...nothing, selection: { ids: [c, d], gone: [] }, added: [d], removed: [a] },
      ],
      [{}, { ...nothing, selection: { ids: [c, d], gone: [] } }],
      [{ remove: 'all' }, { ...nothing, selection: { ids: [], gone: [] }, removed: [c, d] }],
    ];
    for (const [wish, done] of steps) {
      const changed = await change(db, atHome, wish);
      expect(changed).toEqual(done);
      expect(await readSelection(db, atHome)).toEqual(changed.selection);
    }
  });

  test('over the cap is refused and stays as it was; at the cap it is taken', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 5);
    await change(db, atHome, { add: ids.slice(0, 2) }, { maxPolls: 3 });
    const tooMuch = change(db, atHome, { remove: [ids[0]!], add: ids.slice(1) }, { maxPolls: 3 });
    await expect(tooMuch).rejects.toThrow(UserError);
    await expect(tooMuch).rejects.toThrow(/4 selected polls; at most 3 .* Nothing was changed/);
    expect(await readSelection(db, atHome)).toEqual({ ids: ids.slice(0, 2), gone: [] });
    const full = await change(db, atHome, { add: [ids[4]!] }, { maxPolls: 3 });
    expect(full.selection.ids).toEqual([ids[0], ids[1], ids[4]]);
  });

  test('that a smaller limit has overtaken can still be taken apart, but not grow', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 5);
    await change(db, atHome, { add: ids.slice(0, 4) });
    await expect(change(db, atHome, { add: [ids[4]!] }, { maxPolls: 2 })).rejects.toThrow(/at most 2/);
    const less = await change(db, atHome, { remove: [ids[0]!] }, { maxPolls: 2 });
    expect(less.selection.ids).toEqual(ids.slice(1, 4));
  });

  test('keeps the cap and loses nothing however many changes race to it', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 24);
    const outcomes = await Promise.allSettled(
      ids.map((id) => change(db, atHome, { add: [id] }, { maxPolls: 10 })),
    );
    const taken = ids.filter((_id, index) => outcomes[index]!.status === 'fulfilled');
    expect(taken).toHaveLength(10);
    expect(await readSelection(db, atHome)).toEqual({ ids: taken, gone: [] });
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(UserError);
  });

  test('takes every one of many changes at once: none sees what another is about to replace', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 30);
    const [added, removed] = [ids.slice(0, 15), ids.slice(15)];
    await change(db, atHome, { add: removed });
    await Promise.all([
      ...added.map((id) => change(db, atHome, { add: [id] })),
      ...removed.map((id) =>
        change(db, atHome, ({ ids }) => (ids.includes(id) ? { remove: [id] } : { add: [id] })),
      ),
    ]);
    expect(await readSelection(db, atHome)).toEqual({ ids: added, gone: [] });
  });

  test('is changed once by an interaction that arrives twice, at once or later', async () => {
    const db = await fresh();
    const [id] = (await pollsOf(db, serverId, 1)) as [number];
    const interaction = interactionId();
    const toggle = () =>
      change(db, atHome, ({ ids }) => (ids.includes(id) ? { remove: [id] } : { add: [id] }), { interaction });
    const both = await Promise.all([toggle(), toggle()]);
    expect(both.map(({ added }) => added.length).sort()).toEqual([0, 1]);
    expect(both.map(({ selection }) => selection.ids)).toEqual([[id], [id]]);
    expect((await toggle()).selection.ids).toEqual([id]);
  });

  test('that was refused may be tried again by the same interaction', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 2);
    const interaction = interactionId();
    await expect(change(db, atHome, { add: ids }, { maxPolls: 1, interaction })).rejects.toThrow(UserError);
    expect((await change(db, atHome, { add: ids }, { interaction })).selection.ids).toEqual(ids);
  });

  test('of a server admin never takes a foreign poll; a super admin has one over all servers', async () => {
    const db = await fresh();
    const [home] = (await pollsOf(db, serverId, 1)) as [number];
    const [away] = (await pollsOf(db, awayGuildId, 1)) as [number];
    const own = await change(db, atHome, { add: [home, away] });
    expect([own.selection.ids, own.unknown]).toEqual([[home], [away]]);
    const all = await change(db, everywhere, { add: [home, away] });
    expect(all.selection.ids).toEqual([home, away]);
    await change(db, everywhere, { remove: [home] });
    expect((await readSelection(db, atHome)).ids).toEqual([home]);
    expect(await readSelection(db, { ...atHome, adminId: '900000000000000501' })).toEqual({
      ids: [],
      gone: [],
    });
  });

  test('names what was deleted as gone, cannot take it anew, and has it back when the delete is undone', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 3);
    await change(db, atHome, { add: ids.slice(0, 2) });
    await markDeleted(db, ids.slice(1));
    const read = await readSelection(db, atHome);
    expect(read).toEqual({ ids: [ids[0]], gone: [ids[1]] });
    expect(goneText(read)).toContain(`1 more was selected and deleted since: #${ids[1]}`);
    expect((await change(db, atHome, { add: [ids[2]!] })).unknown).toEqual([ids[2]]);
    await markDeleted(db, ids.slice(1), null);
    expect(await readSelection(db, atHome)).toEqual({ ids: ids.slice(0, 2), gone: [] });
  });

  test('names what was purged as gone too', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 2);
    await change(db, atHome, { add: ids });
    await db.deleteFrom('polls').where('id', '=', ids[0]!).execute();
    expect(await readSelection(db, atHome)).toEqual({ ids: [ids[1]], gone: [ids[0]] });
  });

  test('forgets deleted polls by name, with `remove`, `all`, or where room is needed', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 6);
    await change(db, atHome, { add: ids.slice(0, 3) }, { maxPolls: 4 });
    await markDeleted(db, ids.slice(0, 2));
    const kept = await change(db, atHome, { add: [ids[3]!] }, { maxPolls: 4 });
    expect([kept.selection.gone, kept.forgotten]).toEqual([ids.slice(0, 2), []]);
    const room = await change(db, atHome, { add: [ids[4]!] }, { maxPolls: 4 });
    expect(room).toMatchObject({
      selection: { ids: ids.slice(2, 5), gone: [] },
      added: [ids[4]],
      removed: [],
      forgotten: ids.slice(0, 2),
    });
    await markDeleted(db, [ids[2]!, ids[3]!]);
    expect((await change(db, atHome, { remove: [ids[2]!] })).removed).toEqual([ids[2]]);
    expect((await change(db, atHome, { remove: 'all' })).removed).toEqual([ids[3], ids[4]]);
  });

  test('does not take back what it has forgotten to make room', async () => {
    const db = await fresh();
    const ids = await pollsOf(db, serverId, 4);
    await change(db, atHome, { add: ids.slice(0, 3) }, { maxPolls: 3 });
    await markDeleted(db, ids.slice(0, 1));
    await change(db, atHome, { add: [ids[3]!] }, { maxPolls: 3 });
    await markDeleted(db, ids.slice(0, 1), null);
    expect((await readSelection(db, atHome)).ids).toEqual(ids.slice(1));
  });

  test('takes a thousand polls in one change, and lets go of them', async () => {
    const db = await fresh();
    const ids = await copies(db, (await pollsOf(db, serverId, 1))[0]!, 1000);
    const taken = await change(db, atHome, { add: [...ids, unknown] });
    expect([taken.added, taken.unknown]).toEqual([ids, [unknown]]);
    expect((await change(db, atHome, { remove: 'all' })).removed).toEqual(ids);
  });
});
