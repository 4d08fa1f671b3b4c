import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { isRowId } from '../../db/row-id.ts';
import type { Db, PickerTable } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import { type PollFilter, pollFilter } from '../../polls/lists/poll-filter.ts';
import type { PollOrder, PollPage } from '../../polls/lists/poll-page.ts';
import { pollOrders } from '../../polls/lists/poll-page.ts';
import type { PollStatus } from '../../polls/poll.ts';
import { claimInteraction } from '../../polls/poll-store.ts';
import { scopeKey } from '../../polls/scope.ts';
import { type SelectionOwner, selectedAmong } from './selection-store.ts';

/** A page of a picker's list. */
export interface ListPage extends PollPage {
  /** Counted from 1. */
  readonly page: number;
}

/**
 * What was shown after one press. The next press names it. So the press means these polls, and what was seen of them,
 * whatever has happened meanwhile.
 */
export interface Frame extends ListPage {
  /** Grows with every press. */
  readonly number: number;
  /** Which of them were selected. In the menu these were chosen before anybody touched it. */
  readonly chosen: readonly number[];
  /** The part of the list that the menus change, as it was then. */
  readonly status: PollStatus | null;
  readonly order: PollOrder;
  /** What the press did. Whichever process heard of it can say so. */
  readonly notice: string | null;
}

/** What a press changes. What it leaves out stays as it is. */
export interface PickerChange extends Partial<Pick<PickerList, 'filter' | 'order'>> {
  readonly show?: ListPage;
  readonly notice?: string;
}

/** What a picker lists. */
export interface PickerList {
  readonly filter: PollFilter;
  /** The target options as they were written. */
  readonly targets: Readonly<Record<string, string>>;
  readonly order: PollOrder;
}

export interface Picker extends PickerList {
  readonly id: number;
  /** The newest last; never empty. */
  readonly frames: readonly Frame[];
}

/** How many frames are kept. Presses on older ones come from messages that were replaced long ago. */
const framesKept = 30;

/** What a picker lists, and the page that it shows first. */
interface Opening {
  readonly list: PickerList;
  readonly first: ListPage & { readonly notice?: string | null };
}

/** Opens a picker on its first page, with a notice if there is one. The same interaction opens it once. */
export async function openPicker(
  db: Db,
  owner: SelectionOwner,
  { list, first }: Opening,
  { interactionId, now }: { interactionId: string; now: Date },
): Promise<number> {
  const { notice = null, ...page } = first;
  const { id } = await db
    .insertInto('pickers')
    .values({
      interaction_id: interactionId,
      admin_id: owner.adminId,
      scope: scopeKey(owner.scope),
      filter: json(list.filter),
      targets: json(list.targets),
      sort: list.order,
      frames: json([await shown(db, owner, list, { number: 1, page, notice })]),
      used_at: now,
    })
    .onConflict((conflict) => conflict.column('interaction_id').doUpdateSet({ used_at: now }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Throws `UserError` if it is not (or no longer) this person's, in this scope. */
export async function readPicker(db: Db, owner: SelectionOwner, id: number): Promise<Picker> {
  return toPicker(await pickerRow(db, owner, id, false));
}

/**
 * Notes a press, once, however often it arrives. `press` gets the picker while no other press can come between, and
 * says what becomes of it. A new frame is shown in any case. Throws `UserError` as `readPicker`.
 */
export async function pressPicker(
  db: Db,
  { owner, id }: { readonly owner: SelectionOwner; readonly id: number },
  { interactionId, now }: { interactionId: string; now: Date },
  press: (picker: Picker, trx: Trx) => Promise<PickerChange>,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const picker = toPicker(await pickerRow(trx, owner, id, true));
    if (!(await claimInteraction(trx, interactionId, now))) return;
    const { number, ...newest } = newestFrame(picker);
    const change = await press(picker, trx);
    const { filter = picker.filter, order = picker.order, show = newest, notice = null } = change;
    const next = await shown(trx, owner, { filter, order }, { number: number + 1, page: show, notice });
    await trx
      .updateTable('pickers')
      .set({
        filter: json(filter),
        sort: order,
        frames: json([...picker.frames, next].slice(-framesKept)),
        used_at: now,
      })
      .where('id', '=', id)
      .execute();
  });
}

export function newestFrame({ frames }: Pick<Picker, 'frames'>): Frame {
  return frames.at(-1)!;
}

/** What was shown under this number; null if that is no longer known. */
export function frameOf({ frames }: Pick<Picker, 'frames'>, number: number): Frame | null {
  return frames.find((frame) => frame.number === number) ?? null;
}

async function shown(
  db: Db,
  owner: SelectionOwner,
  { filter, order }: Pick<PickerList, 'filter' | 'order'>,
  { number, page, notice }: { number: number; page: ListPage; notice: string | null },
): Promise<Frame> {
  const chosen = await selectedAmong(db, owner, page.ids);
  return { ...page, number, chosen, status: filter.status ?? null, order, notice };
}

async function pickerRow(
  db: Db,
  owner: SelectionOwner,
  id: number,
  locked: boolean,
): Promise<Selectable<PickerTable>> {
  const query = db
    .selectFrom('pickers')
    .selectAll()
    .where('id', '=', id)
    .where('admin_id', '=', owner.adminId)
    .where('scope', '=', scopeKey(owner.scope))
    .$if(locked, (q) => q.forUpdate());
  const row = isRowId(id) ? await query.executeTakeFirst() : undefined;
  if (row) return row;
  throw new UserError(
    'This picker is not yours, or too old, so nothing was changed. Open your own with `/bulk select`; what you selected is kept.',
  );
}

const listed = z.object({
  filter: pollFilter,
  targets: z.record(z.string(), z.string()),
  sort: z.enum(pollOrders),
});

function toPicker(row: Selectable<PickerTable>): Picker {
  const { filter, targets, sort } = listed.parse(row);
  return { id: row.id, filter, targets, order: sort, frames: row.frames as Frame[] };
}

function json<T>(value: T) {
  return sql<string>`${JSON.stringify(value)}::jsonb`;
}
