import { sql } from 'kysely';
import { UserError } from '../../base/errors.ts';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import { matchPolls } from '../../polls/lists/match-polls.ts';
import { claimInteraction } from '../../polls/poll-store.ts';
import { type Scope, scopeKey } from '../../polls/scope.ts';

/** Whose selection it is: a person has one for each scope in which they act. */
export interface SelectionOwner {
  readonly adminId: string;
  readonly scope: Scope;
}

/** Poll numbers in ascending order. */
export interface Selection {
  readonly ids: readonly number[];
  /** Polls that are selected, but were deleted since. */
  readonly gone: readonly number[];
}

/** What to do: first `remove`, then `add`. */
export interface SelectionWish {
  readonly add?: readonly number[];
  readonly remove?: readonly number[] | 'all';
}

export interface SelectionChange {
  readonly selection: Selection;
  /** `added`: not selected before, and selected now. `removed`: the other way round. */
  readonly added: readonly number[];
  readonly removed: readonly number[];
  /** What was to be added and is no poll in scope: unknown, deleted, or of another server. */
  readonly unknown: readonly number[];
  /** Deleted polls that had to make room. */
  readonly forgotten: readonly number[];
}

export async function readSelection(db: Db, owner: SelectionOwner): Promise<Selection> {
  const rows = await db
    .selectFrom('selected_polls as selected')
    .leftJoin('polls', (join) =>
      join.onRef('polls.id', '=', 'selected.poll_id').on('polls.deleted_at', 'is', null),
    )
    .select(['selected.poll_id', 'polls.id as found'])
    .where('selected.admin_id', '=', owner.adminId)
    .where('selected.scope', '=', scopeKey(owner.scope))
    .orderBy('selected.poll_id')
    .execute();
  return {
    ids: rows.filter((row) => row.found !== null).map((row) => row.poll_id),
    gone: rows.filter((row) => row.found === null).map((row) => row.poll_id),
  };
}

/** Which of these polls are selected and not deleted. */
export async function selectedAmong(
  db: Db,
  { adminId, scope }: SelectionOwner,
  ids: readonly number[],
): Promise<number[]> {
  const rows = await db
    .selectFrom('selected_polls')
    .innerJoin('polls', 'polls.id', 'selected_polls.poll_id')
    .select('poll_id')
    .where('admin_id', '=', adminId)
    .where('scope', '=', scopeKey(scope))
    .where(sql<boolean>`poll_id = any(${ids}::int[])`)
    .where('polls.deleted_at', 'is', null)
    .orderBy('poll_id')
    .execute();
  return rows.map((row) => row.poll_id);
}

/**
 * Changes a selection. `wish` is asked what to do, given what is selected, while no other change can come between.
 * The same interaction changes it once. Throws `UserError`, and changes nothing, if more than `maxPolls` would be
 * selected.
 */
export async function changeSelection(
  db: Db,
  owner: SelectionOwner,
  { interactionId, maxPolls, now }: { interactionId: string; maxPolls: number; now: Date },
  wish: (before: Selection, trx: Trx) => SelectionWish | Promise<SelectionWish>,
): Promise<SelectionChange> {
  return await inTransaction(db, async (trx) => {
    if (await claimInteraction(trx, interactionId, now))
      return await changeClaimed(trx, owner, maxPolls, wish);
    const selection = await readSelection(trx, owner);
    return { selection, added: [], removed: [], unknown: [], forgotten: [] };
  });
}

/** `changeSelection`, in a transaction that has claimed the interaction. */
export async function changeClaimed(
  trx: Trx,
  owner: SelectionOwner,
  maxPolls: number,
  wish: (before: Selection, trx: Trx) => SelectionWish | Promise<SelectionWish>,
): Promise<SelectionChange> {
  await lock(trx, owner);
  const before = await readSelection(trx, owner);
  const { add = [], remove = [] } = await wish(before, trx);
  const known = (await matchPolls(trx, owner.scope, { ids: add }, add.length)).ids;
  const taken = new Set(remove === 'all' ? [...before.ids, ...before.gone] : remove);
  const ids = [...new Set([...before.ids.filter((id) => !taken.has(id)), ...known])].sort(ascending);
  if (ids.length > maxPolls && ids.length > before.ids.length) throw tooMany(ids.length, maxPolls);
  const kept = before.gone.filter((id) => !taken.has(id));
  const forgotten = ids.length + kept.length > maxPolls ? kept : [];
  const gone = kept.filter((id) => !forgotten.includes(id));
  await replace(trx, owner, before, { ids, gone });
  return {
    selection: { ids, gone },
    added: without(ids, before.ids),
    removed: without([...before.ids, ...before.gone], [...ids, ...kept]).sort(ascending),
    unknown: without(add, known),
    forgotten,
  };
}

/** Locks the selection's row: all changes of one selection wait for it. */
async function lock(trx: Trx, { adminId, scope }: SelectionOwner): Promise<void> {
  await sql`
    insert into selections (admin_id, scope) values (${adminId}, ${scopeKey(scope)})
    on conflict (admin_id, scope) do update set scope = excluded.scope`.execute(trx);
}

async function replace(trx: Trx, owner: SelectionOwner, before: Selection, after: Selection): Promise<void> {
  const [old, wanted] = [
    [...before.ids, ...before.gone],
    [...after.ids, ...after.gone],
  ];
  const [adminId, scope] = [owner.adminId, scopeKey(owner.scope)];
  await sql`
    delete from selected_polls where admin_id = ${adminId} and scope = ${scope}
      and poll_id = any(${without(old, wanted)}::int[])`.execute(trx);
  await sql`
    insert into selected_polls (admin_id, scope, poll_id)
    select ${adminId}, ${scope}, unnest(${without(wanted, old)}::int[])`.execute(trx);
}

function without(ids: readonly number[], others: readonly number[]): number[] {
  const excluded = new Set(others);
  return ids.filter((id) => !excluded.has(id));
}

function ascending(a: number, b: number): number {
  return a - b;
}

function tooMany(count: number, limit: number): UserError {
  return new UserError(
    `That would make ${count} selected polls; at most ${limit} can be selected, as one operation takes no more. Nothing was changed. Take some off first, with \`/bulk selection remove\` or \`/bulk selection clear\`.`,
  );
}
