import { expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import {
  frameOf,
  type ListPage,
  newestFrame,
  openPicker,
  type PickerList,
  pressPicker,
  readPicker,
} from '../../../src/bulk/selection/picker-store.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { PollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { oneServer } from '../../../src/polls/scope.ts';
import { minutes, now, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { interactionId } from '../bulk-fixture.ts';
import { atHome, awayGuildId, change, everywhere, markDeleted, pollsOf } from './selection-fixture.ts';

const everything: PickerList = { filter: {}, targets: {}, order: 'newest' };

function page(ids: readonly number[], number = 1): ListPage {
  const at = (id: number | undefined) => (id === undefined ? null : { key: null, id });
  return { ids, first: at(ids[0]), last: at(ids.at(-1)), page: number, more: false };
}

function opened(db: Db, ids: readonly number[] = [], list = everything): Promise<number> {
  return openPicker(db, atHome, { list, first: page(ids) }, { interactionId: interactionId(), now });
}

const press = () => ({ interactionId: interactionId(), now });

describeEachDatabase('a picker', (fresh) => {
  test('lists what it was opened with, read back as it was', async () => {
    const db = await fresh();
    const filter: PollFilter = {
      ids: [1, 2],
      status: 'closed',
      guildId: serverId,
      channelId: '1',
      creatorId: '2',
      text: 'a"b\\u0000\\ 😀',
      createdBefore: minutes(5),
      createdAfter: minutes(-5),
    };
    const list: PickerList = {
      filter,
      targets: { polls: '1-2', text: 'a"b\\u0000\\ 😀' },
      order: 'closing',
    };
    const id = await opened(db, [7, 9], list);
    expect(await readPicker(db, atHome, id)).toEqual({
      ...list,
      id,
      frames: [{ ...page([7, 9]), number: 1, chosen: [], status: 'closed', order: 'closing', notice: null }],
    });
  });

  test('is opened once by an interaction that arrives twice', async () => {
    const db = await fresh();
    const interaction = interactionId();
    const open = () =>
      openPicker(db, atHome, { list: everything, first: page([]) }, { interactionId: interaction, now });
    const [first, second] = await Promise.all([open(), open()]);
    expect(second).toBe(first);
  });

  test('is nobody else’s, nor of the same person in another scope, and no number that is none', async () => {
    const db = await fresh();
    const id = await opened(db);
    const others = [
      { ...atHome, adminId: '900000000000000501' },
      { ...atHome, scope: oneServer(awayGuildId) },
      everywhere,
    ];
    for (const owner of others) {
      await expect(readPicker(db, owner, id)).rejects.toThrow(UserError);
      await expect(pressPicker(db, { owner, id }, press(), async () => ({}))).rejects.toThrow(
        /not yours, or too old/,
      );
    }
    for (const none of [id + 1, 0, -1, 1.5, Number.NaN, 2 ** 31, 1e21])
      await expect(readPicker(db, atHome, none)).rejects.toThrow(UserError);
  });

  test('shows a new frame after every press, and remembers those before', async () => {
    const db = await fresh();
    const id = await opened(db, [3, 2]);
    await pressPicker(db, { owner: atHome, id }, press(), async () => ({ show: page([1], 2) }));
    await pressPicker(db, { owner: atHome, id }, press(), async () => ({}));
    await pressPicker(db, { owner: atHome, id }, press(), async () => ({
      order: 'oldest',
      filter: { status: 'active' },
    }));
    const picker = await readPicker(db, atHome, id);
    expect(picker).toMatchObject({ order: 'oldest', filter: { status: 'active' } });
    expect(picker.frames.map((frame) => [frame.number, frame.ids])).toEqual([
      [1, [3, 2]],
      [2, [1]],
      [3, [1]],
      [4, [1]],
    ]);
    expect(newestFrame(picker)).toMatchObject({ page: 2, status: 'active', order: 'oldest' });
    expect(frameOf(picker, 3)).toMatchObject({ status: null, order: 'newest' });
    expect(frameOf(picker, 1)?.ids).toEqual([3, 2]);
    expect([5, 0, Number.NaN].map((number) => frameOf(picker, number))).toEqual([null, null, null]);
  });

  test('remembers of each frame what was selected when it was shown', async () => {
    const db = await fresh();
    const [a, b, c] = (await pollsOf(db, serverId, 3)) as [number, number, number];
    await change(db, atHome, { add: [a, b] });
    const id = await opened(db, [b, a]);
    await change(db, atHome, { remove: [a] });
    await pressPicker(db, { owner: atHome, id }, press(), async () => ({ show: page([c, b, a]) }));
    await markDeleted(db, [b]);
    await pressPicker(db, { owner: atHome, id }, press(), async () => ({}));
    const { frames } = await readPicker(db, atHome, id);
    expect(frames.map((frame) => frame.chosen)).toEqual([[a, b], [b], []]);
  });

  test('loses no press of many in the same instant, and forgets only what was shown long ago', async () => {
    const db = await fresh();
    const id = await opened(db, [1000]);
    const presses = Array.from({ length: 25 }, (_, index) =>
      pressPicker(db, { owner: atHome, id }, press(), async () => ({ show: page([index]) })),
    );
    await Promise.all(presses);
    const busy = await readPicker(db, atHome, id);
    expect(busy.frames.map((frame) => frame.number)).toEqual(Array.from({ length: 26 }, (_, i) => i + 1));
    expect(new Set(busy.frames.flatMap((frame) => frame.ids)).size).toBe(26);
    for (let more = 0; more < 10; more += 1)
      await pressPicker(db, { owner: atHome, id }, press(), async () => ({}));
    const picker = await readPicker(db, atHome, id);
    expect([newestFrame(picker).number, picker.frames.length, frameOf(picker, 1)]).toEqual([36, 30, null]);
  });

  test('takes a press once that arrives twice, whose notice both can show', async () => {
    const db = await fresh();
    const id = await opened(db, [1]);
    const once = press();
    const presses = ['a', 'b'].map((notice) =>
      pressPicker(db, { owner: atHome, id }, once, async () => ({ notice })),
    );
    await Promise.all(presses);
    const { frames } = await readPicker(db, atHome, id);
    expect(frames.map((frame) => frame.notice)).toEqual([null, expect.stringMatching(/^[ab]$/)]);
    await pressPicker(db, { owner: atHome, id }, press(), async () => ({}));
    expect(newestFrame(await readPicker(db, atHome, id)).notice).toBeNull();
  });

  test('stays as it was where a press fails half-way', async () => {
    const db = await fresh();
    const id = await opened(db, [1]);
    const before = await readPicker(db, atHome, id);
    const failing = pressPicker(db, { owner: atHome, id }, press(), async () => {
      throw new UserError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await readPicker(db, atHome, id)).toEqual(before);
  });
});
