import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { Db, PickerTable } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { UserError } from '../errors.ts';
import type { PollFilter } from '../polls/poll-filter.ts';
import type { PollOrder, PollPage } from '../polls/poll-page.ts';
import { pollOrders } from '../polls/poll-page.ts';
import { scopeKey } from '../polls/scope.ts';
import type { SelectionOwner } from './selection-store.ts';

/** One page as it was shown. A press names it, so that it means these polls whatever is shown meanwhile. */
export interface Frame {
  readonly number: number;
  readonly ids: readonly number[];
  readonly first: PollPage['first'];
  readonly last: PollPage['last'];
  /** Counted from 1. */
  readonly page: number;
  /** Whether there is a page behind it. */
  readonly more: boolean;
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
  readonly frames: readonly Frame[];
  /** Grows with every press. */
  readonly seq: number;
}

/** Presses on pages older than these come from messages that were replaced long before. */
const framesKept = 8;

/** Opens a picker on its first page. The same interaction opens it once. */
export async function openPicker(
  db: Db,
  owner: SelectionOwner,
  list: PickerList,
  first: Omit<Frame, 'number'>,
  { interactionId, now }: { interactionId: string; now: Date },
): Promise<number> {
  const { id } = await db
    .insertInto('pickers')
    .values({
      interaction_id: interactionId,
      admin_id: owner.adminId,
      scope: scopeKey(owner.scope),
      filter: json(list.filter),
      targets: json(list.targets),
      sort: list.order,
      frames: json([{ ...first, number: 1 }]),
      used_at: now,
    })
    .onConflict((conflict) => conflict.column('interaction_id').doUpdateSet({ used_at: now }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Throws `UserError` where it is not (or no longer) this person's, in this scope. */
export async function readPicker(db: Db, owner: SelectionOwner, id: number): Promise<Picker> {
  return toPicker(await pickerRow(db, owner, id, false));
}

/**
 * Notes a press: `press` gets the picker, while no other press can come between, and says what it lists from now on.
 * Throws `UserError` as `readPicker`.
 */
export async function pressPicker(
  db: Db,
  owner: SelectionOwner,
  id: number,
  now: Date,
  press: (
    picker: Picker,
    trx: Db,
  ) => Promise<Partial<PickerList> & { readonly show?: Omit<Frame, 'number'> }>,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const picker = toPicker(await pickerRow(trx, owner, id, true));
    const { filter = picker.filter, order = picker.order, show } = await press(picker, trx);
    const next = show && [...picker.frames, { ...show, number: picker.frames.at(-1)!.number + 1 }];
    await trx
      .updateTable('pickers')
      .set({
        filter: json(filter),
        sort: order,
        frames: json((next ?? picker.frames).slice(-framesKept)),
        seq: sql`seq + 1`,
        used_at: now,
      })
      .where('id', '=', id)
      .execute();
  });
}

/** The page that was shown under this number; the newest one where it is not known any more. */
export function frameOf(picker: Picker, number: number): Frame {
  return picker.frames.find((frame) => frame.number === number) ?? picker.frames.at(-1)!;
}

async function pickerRow(
  db: Db,
  owner: SelectionOwner,
  id: number,
  locked: boolean,
): Promise<Selectable<PickerTable>> {
  const row = await db
    .selectFrom('pickers')
    .selectAll()
    .where('id', '=', id)
    .where('admin_id', '=', owner.adminId)
    .where('scope', '=', scopeKey(owner.scope))
    .$if(locked, (q) => q.forUpdate())
    .executeTakeFirst();
  if (row) return row;
  throw new UserError(
    'This picker is not yours, or too old, so nothing was changed. Open your own with `/bulk select`; what you selected is kept.',
  );
}

const listed = z.object({
  filter: z.object({
    ids: z.array(z.int()).optional(),
    status: z.enum(['scheduled', 'active', 'closed']).optional(),
    guildId: z.string().optional(),
    channelId: z.string().optional(),
    creatorId: z.string().optional(),
    text: z.string().optional(),
    createdBefore: z.coerce.date().optional(),
    createdAfter: z.coerce.date().optional(),
  }),
  targets: z.record(z.string(), z.string()),
  sort: z.enum(pollOrders),
});

function toPicker(row: Selectable<PickerTable>): Picker {
  const { filter, targets, sort } = listed.parse(row);
  return { id: row.id, filter, targets, order: sort, frames: row.frames as Frame[], seq: row.seq };
}

function json<T>(value: T) {
  return sql<string>`${JSON.stringify(value)}::jsonb`;
}
