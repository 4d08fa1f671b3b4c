import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { undoableHours } from '../../base/undo-window.ts';
import { forgetProcesses } from '../process-lock.ts';
import type { Db, Schema } from '../schema.ts';
import { inTransaction, type Trx } from '../transaction.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Rows of one transaction, so that people never wait long behind a purge. An operation brings up to 1000 items. */
const atOnce = { operations: 20, polls: 500, handled_interactions: 5_000, pickers: 500 } as const;
/**
 * Rows that go with those, of which there may be many: so many in one transaction, before the rest of the batch goes.
 */
const dependentsAtOnce = 10_000;
const dependents = {
  operations: [{ table: 'votes_aside', key: 'operation_id' }],
  polls: [
    { table: 'votes', key: 'poll_id' },
    { table: 'votes_aside', key: 'poll_id' },
  ],
  handled_interactions: [],
  pickers: [],
} as const satisfies Record<keyof typeof atOnce, readonly { table: keyof Schema; key: string }[]>;
/** Longer than anybody keeps a private message open, in days. */
const pickerDays = 7;

export interface Retention {
  readonly deletedRetentionDays: number;
  readonly historyRetentionDays: number;
}

/** How many rows of each kind were removed. */
export interface Purged {
  readonly drafts: number;
  readonly operations: number;
  readonly polls: number;
  readonly interactions: number;
  readonly pickers: number;
}

/**
 * Removes what is kept only for a while: previews that expired a day ago; finished operations with their items;
 * deleted polls with their votes; handled interactions, which Discord does not repeat after a day; and pickers that
 * nobody has pressed for a week. The audit trail and selections stay for ever. Safe in several processes at once.
 */
export async function purge(db: Db, now: Date, retention: Retention): Promise<Purged> {
  await forgetProcesses(db);
  const ago = (days: number) => new Date(now.getTime() - days * dayMs);
  return {
    drafts: await removeAll(db, 'operations', abandoned(ago(1))),
    operations: await removeAll(db, 'operations', historic(ago(retention.historyRetentionDays))),
    polls: await removeAll(
      db,
      'polls',
      forgettable(now, ago(retention.deletedRetentionDays), new Date(now.getTime() - undoableHours * hourMs)),
    ),
    interactions: await removeAll(db, 'handled_interactions', sql`handled_at < ${ago(1)}`),
    pickers: await removeAll(db, 'pickers', sql`used_at < ${ago(pickerDays)}`),
  };
}

function abandoned(before: Date): RawBuilder<SqlBool> {
  return sql`state in ('draft', 'discarded') and coalesce(expires_at, created_at) < ${before}`;
}

/**
 * SQL for operations that may go. An operation stays while another one that stays retries or undoes it, over any
 * number of steps, and while it still holds a poll.
 */
function historic(before: Date): RawBuilder<SqlBool> {
  return sql`finished_at < ${before}
    and not exists (select from polls where held_by = operations.id)
    and id not in (
      with recursive kept as (
        select id, retry_of, undo_of from operations where finished_at is null or finished_at >= ${before}
        union
        select earlier.id, earlier.retry_of, earlier.undo_of
        from operations as earlier join kept on earlier.id in (kept.retry_of, kept.undo_of)
      )
      select id from kept
    )`;
}

/**
 * SQL for deleted polls that may go. A deleted poll stays while an operation holds it, or while its message must
 * still be removed and can be. It also stays while something may bring it back or finish its delete: the preview of
 * an operation over it, or a confirmed one (its undo and retries too) that has not ended, or that ended after
 * `undoable`, however long it ran, stood paused or waited.
 */
function forgettable(now: Date, before: Date, undoable: Date): RawBuilder<SqlBool> {
  return sql`deleted_at < ${before} and held_by is null
    and (shown_revision >= revision or parked_code is not null or message_gone)
    and not exists (
      select from operations as concerned join operation_items as item on item.operation_id = concerned.id
      where item.poll_id = polls.id and item.state not in ('missing', 'excluded')
        and case concerned.state when 'discarded' then false when 'draft' then concerned.expires_at > ${now}
          else concerned.finished_at is null or concerned.finished_at > ${undoable} end)`;
}

/** Removes the rows that fit, batch by batch, each with what goes with it. */
async function removeAll(
  db: Db,
  table: keyof typeof atOnce,
  condition: RawBuilder<SqlBool>,
): Promise<number> {
  for (let total = 0; ; ) {
    const removed = await inTransaction(db, (trx) => removeSome(trx, table, condition));
    total += removed ?? 0;
    if (removed !== null && removed < atOnce[table]) return total;
  }
}

/** How many rows were removed; null if only some of what goes with them was. */
async function removeSome(
  trx: Trx,
  table: keyof typeof atOnce,
  condition: RawBuilder<SqlBool>,
): Promise<number | null> {
  const key = sql.ref(table === 'handled_interactions' ? 'interaction_id' : 'id');
  // What refers to an operation is newer than the operation.
  const order = table === 'operations' ? sql`order by id desc` : sql``;
  const { rows } = await sql<{ key: number | string }>`
    select ${key} as key from ${sql.table(table)} where ${condition}
    ${order} limit ${atOnce[table]} for update skip locked`.execute(trx);
  const keys = rows.map((row) => row.key);
  const type = sql.raw(table === 'handled_interactions' ? 'text[]' : 'int[]');
  for (const dependent of dependents[table]) {
    const { numAffectedRows = 0n } = await sql`
      delete from ${sql.table(dependent.table)} where ctid = any(array(
        select ctid from ${sql.table(dependent.table)} where ${sql.ref(dependent.key)} = any(${keys}::int[])
        limit ${dependentsAtOnce}))`.execute(trx);
    if (Number(numAffectedRows) >= dependentsAtOnce) return null;
  }
  await sql`delete from ${sql.table(table)} where ${key} = any(${keys}::${type})`.execute(trx);
  return keys.length;
}
