import { discordLimits } from '../../base/display/discord-limits.ts';
import type { Db } from '../../db/schema.ts';
import { type BoundedCount, countPolls } from '../../polls/lists/match-polls.ts';
import type { PollFilter } from '../../polls/lists/poll-filter.ts';
import { type PageFrom, type PollOrder, type PollPage, pollPage } from '../../polls/lists/poll-page.ts';
import type { Poll } from '../../polls/poll.ts';
import { loadPolls, tallies } from '../../polls/poll-store.ts';
import type { Scope } from '../../polls/scope.ts';
import { type Frame, type ListPage, newestFrame, type Picker, readPicker } from './picker-store.ts';
import { readSelection, type Selection, type SelectionOwner } from './selection-store.ts';

/** As many as a menu takes. */
export const pickerPageSize = discordLimits.menuOptions;

export interface PickerRow {
  readonly id: number;
  readonly selected: boolean;
  /** Null if it was deleted since the page was shown. */
  readonly poll: Poll | null;
  /** Null if nobody may know them yet, or if the poll was deleted. */
  readonly votes: number | null;
}

/** All that a picker shows. */
export interface PickerView {
  readonly picker: Picker;
  readonly frame: Frame;
  readonly rows: readonly PickerRow[];
  readonly selection: Selection;
  /** How many of the selected polls are on no page of this list. */
  readonly unlisted: number;
  readonly matching: BoundedCount;
}

/** Throws `UserError` as `readPicker`. */
export async function readPickerView(db: Db, owner: SelectionOwner, id: number): Promise<PickerView> {
  const picker = await readPicker(db, owner, id);
  const frame = newestFrame(picker);
  const polls = await loadPolls(db, owner.scope, frame.ids);
  const counts = await tallies(db, frame.ids);
  const selection = await readSelection(db, owner);
  const selected = new Set([...frame.chosen, ...selection.gone]);
  const rows = frame.ids.map((id): PickerRow => {
    const found = polls.get(id);
    const poll = found && found.deletedAt === null ? found : null;
    const secret = poll === null || (poll.anonymous && poll.status !== 'closed');
    const votes = (counts.get(id)?.counts ?? []).reduce((sum, count) => sum + count, 0);
    return { id, selected: selected.has(id), poll, votes: secret ? null : votes };
  });
  const matching = await countPolls(db, owner.scope, picker.filter);
  const unlisted = selection.ids.length - (await listedOf(db, owner.scope, picker.filter, selection.ids));
  return { picker, frame, rows, selection, unlisted, matching };
}

async function listedOf(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  selected: readonly number[],
): Promise<number> {
  const wanted = new Set(filter.ids ?? selected);
  const ids = selected.filter((id) => wanted.has(id));
  return ids.length === 0 ? 0 : (await countPolls(db, scope, { ...filter, ids })).count;
}

/** The first page of a list. */
export async function firstFrame(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  order: PollOrder,
): Promise<ListPage> {
  return { ...(await read(db, scope, { filter, order }, 'top')), page: 1 };
}

/** The page after or before one that was shown; the same page if there is no other. */
export async function turnedFrame(
  db: Db,
  scope: Scope,
  list: ListOrder,
  { from, direction }: { readonly from: ListPage; readonly direction: 'back' | 'on' },
): Promise<ListPage> {
  const { filter, order } = list;
  if (direction === 'on') {
    if (from.last === null) return await firstFrame(db, scope, filter, order);
    const page = await read(db, scope, list, { after: from.last });
    if (page.ids.length === 0) return { ...from, more: false };
    return { ...page, page: from.page + 1 };
  }
  if (from.first === null || from.page <= 2) return await firstFrame(db, scope, filter, order);
  const page = await read(db, scope, list, { before: from.first });
  // There are fewer than before: the list has become shorter, and this is its beginning.
  if (!page.more) return await firstFrame(db, scope, filter, order);
  return { ...page, page: from.page - 1 };
}

/** Which polls a list has, and how they are sorted. */
interface ListOrder {
  readonly filter: PollFilter;
  readonly order: PollOrder;
}

async function read(db: Db, scope: Scope, { filter, order }: ListOrder, from: PageFrom): Promise<PollPage> {
  return await pollPage(db, scope, filter, { order, from, size: pickerPageSize });
}
