import { expect, test } from 'vitest';
import {
  newestFrame,
  openPicker,
  pressPicker,
  readPicker,
} from '../../../src/bulk/selection/picker-store.ts';
import { firstFrame, readPickerView, turnedFrame } from '../../../src/bulk/selection/picker-view.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { PollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { minutes, now, serverId } from '../../polls/poll-fixture.ts';
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

/** A picker over everything, newest first, and what its arrows do. */
async function opened(db: Db, owner = atHome) {
  const first = await firstFrame(db, owner.scope, {}, 'newest');
  const list = { filter: {}, targets: {}, order: 'newest' } as const;
  const id = await openPicker(db, owner, { list, first }, { interactionId: interactionId(), now });
  const turn = async (direction: 'back' | 'on') => {
    await pressPicker(db, { owner, id }, { interactionId: interactionId(), now }, async (picker, trx) => ({
      show: await turnedFrame(trx, owner.scope, picker, { from: newestFrame(picker), direction }),
    }));
    return await look();
  };
  const look = async () => {
    const { page, ids, more } = newestFrame(await readPicker(db, owner, id));
    return { page, ids, more };
  };
  return { id, look, turn, view: () => readPickerView(db, owner, id) };
}

describeEachDatabase('pages of a picker', (fresh) => {
  test('turn on to the last and back to the first, 25 polls each', async () => {
    const db = await fresh();
    const ids = [...(await pollsOf(db, serverId, 1))];
    ids.push(...(await copies(db, ids[0]!, 59)));
    await pollsOf(db, awayGuildId, 3);
    const newest = ids.toReversed();
    const pages = [0, 25, 50].map((from, index) => ({
      page: index + 1,
      ids: newest.slice(from, from + 25),
      more: index < 2,
    }));
    const picker = await opened(db);
    expect(await picker.look()).toEqual(pages[0]);
    expect(await picker.turn('on')).toEqual(pages[1]);
    expect(await picker.turn('on')).toEqual(pages[2]);
    expect(await picker.turn('on')).toEqual(pages[2]);
    expect(await picker.turn('back')).toEqual(pages[1]);
    expect(await picker.turn('back')).toEqual(pages[0]);
    expect(await picker.turn('back')).toEqual(pages[0]);
  });

  test('lead back to the first from wherever the list has become shorter', async () => {
    const db = await fresh();
    const ids = [...(await pollsOf(db, serverId, 1))];
    ids.push(...(await copies(db, ids[0]!, 79)));
    const newest = ids.toReversed();
    const picker = await opened(db);
    for (let page = 1; page < 4; page += 1) await picker.turn('on');
    await markDeleted(db, newest.slice(0, 60));
    expect(await picker.turn('back')).toEqual({ page: 1, ids: newest.slice(60), more: false });
  });

  test('stay on a page whose polls are all gone, said to be gone, until it is left', async () => {
    const db = await fresh();
    const ids = [...(await pollsOf(db, serverId, 1))];
    ids.push(...(await copies(db, ids[0]!, 29)));
    const picker = await opened(db);
    const last = await picker.turn('on');
    await markDeleted(db, last.ids);
    expect((await picker.view()).rows).toEqual(
      last.ids.map((id) => ({ id, selected: false, poll: null, votes: null })),
    );
    expect(await picker.turn('on')).toEqual(last);
    expect(await picker.turn('back')).toEqual({ page: 1, ids: ids.slice(5).toReversed(), more: false });
    await markDeleted(db, ids);
    expect(await picker.turn('on')).toMatchObject({ page: 1, more: false });
  });

  test('of nothing fill up as soon as there is something', async () => {
    const db = await fresh();
    const picker = await opened(db);
    expect(await picker.look()).toEqual({ page: 1, ids: [], more: false });
    const ids = await pollsOf(db, serverId, 1);
    expect(await picker.turn('on')).toEqual({ page: 1, ids, more: false });
  });

  test('tick what is selected, and keep secret what an anonymous poll does not tell yet', async () => {
    const db = await fresh();
    const [open, secret, told, gone] = (await pollsOf(db, serverId, 4)) as [number, number, number, number];
    const [away] = (await pollsOf(db, awayGuildId, 1)) as [number];
    await db.updateTable('polls').set({ anonymous: true }).where('id', 'in', [secret, told]).execute();
    await db.updateTable('polls').set({ status: 'closed', closed_at: now }).where('id', '=', told).execute();
    const vote = { position: 0, user_id: '900000000000000800', created_at: minutes(1) };
    const voted = [open, secret, told].map((poll_id) => ({ ...vote, poll_id }));
    await db.insertInto('votes').values(voted).execute();
    await change(db, everywhere, { add: [open, gone, away] });
    const picker = await opened(db, everywhere);
    await markDeleted(db, [gone]);
    const view = await picker.view();
    expect(view.rows.map(({ id, selected, poll, votes }) => [id, selected, poll?.id ?? null, votes])).toEqual(
      [
        [away, true, away, 0],
        [gone, true, null, null],
        [told, false, told, 1],
        [secret, false, secret, null],
        [open, true, open, 1],
      ],
    );
    expect(view.selection).toEqual({ ids: [open, away], gone: [gone] });
    expect(view.unlisted).toBe(0);
    expect(view.matching).toEqual({ count: 4, more: false });
  });

  test('count what is selected and stands in another list', async () => {
    const db = await fresh();
    const [a, b, c, d] = (await pollsOf(db, serverId, 4)) as [number, number, number, number];
    await db
      .updateTable('polls')
      .set({ status: 'closed', closed_at: now })
      .where('id', 'in', [a, b])
      .execute();
    await change(db, atHome, { add: [a, c, d] });
    const unlisted = async (filter: PollFilter) => {
      const first = await firstFrame(db, atHome.scope, filter, 'newest');
      const list = { filter, targets: {}, order: 'newest' } as const;
      const id = await openPicker(db, atHome, { list, first }, { interactionId: interactionId(), now });
      return (await readPickerView(db, atHome, id)).unlisted;
    };
    expect(await unlisted({})).toBe(0);
    expect(await unlisted({ status: 'closed' })).toBe(2);
    expect(await unlisted({ ids: [b, c] })).toBe(2);
    expect(await unlisted({ ids: [b, c], status: 'closed' })).toBe(3);
    expect(await unlisted({ text: 'nothing so' })).toBe(3);
    await change(db, atHome, { remove: 'all' });
    expect(await unlisted({ status: 'closed' })).toBe(0);
  });
});
