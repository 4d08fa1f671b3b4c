import { type SqlBool, sql } from 'kysely';
import type { Db } from './schema.ts';
import { inTransaction } from './transaction.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Rows of one transaction, so that people never wait long behind a purge; an operation brings up to 1000 items. */
const pollsAtOnce = 500;
const operationsAtOnce = 20;
const interactionsAtOnce = 5_000;
const pickersAtOnce = 500;
/** Longer than anybody keeps a private message open. */
const pickerDays = 7;

export interface Retention {
  readonly deletedRetentionDays: number;
  readonly historyRetentionDays: number;
}

/** How many rows of each went away. */
export interface Purged {
  readonly drafts: number;
  readonly operations: number;
  readonly polls: number;
  readonly interactions: number;
  readonly pickers: number;
}

/**
 * Removes what is kept only for a while: previews that expired a day ago, finished operations with their items,
 * deleted polls with their votes, the interactions already handled, which Discord does not repeat after a day, and pickers
 * that nobody has pressed for a week. The audit trail and what people have selected stay for ever. Safe in several
 * processes at once.
 */
export async function purge(db: Db, now: Date, retention: Retention): Promise<Purged> {
  const yesterday = daysBefore(now, 1);
  return {
    drafts: await inBatches(operationsAtOnce, (limit) => purgeDrafts(db, yesterday, limit)),
    operations: await inBatches(operationsAtOnce, (limit) =>
      purgeOperations(db, daysBefore(now, retention.historyRetentionDays), limit),
    ),
    polls: await inBatches(pollsAtOnce, (limit) =>
      purgePolls(db, daysBefore(now, retention.deletedRetentionDays), limit),
    ),
    interactions: await inBatches(interactionsAtOnce, (limit) => purgeInteractions(db, yesterday, limit)),
    pickers: await inBatches(pickersAtOnce, (limit) => purgePickers(db, daysBefore(now, pickerDays), limit)),
  };
}

async function purgeDrafts(db: Db, before: Date, limit: number): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const gone = await trx
      .deleteFrom('operations')
      .where('id', 'in', (operations) =>
        operations
          .selectFrom('operations')
          .select('id')
          .where('state', 'in', ['draft', 'discarded'])
          .where(sql<SqlBool>`coalesce(expires_at, created_at) < ${before}`)
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .returning('id')
      .execute();
    return gone.length;
  });
}

/**
 * An operation stays while one that stays retries or undoes it, over any number of steps, and while it still holds a
 * poll. Newest first: what refers to an operation is newer than it.
 */
async function purgeOperations(db: Db, before: Date, limit: number): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const gone = await sql`
      with recursive kept as (
        select id, retry_of, undo_of from operations where finished_at is null or finished_at >= ${before}
        union
        select operations.id, operations.retry_of, operations.undo_of
        from operations join kept on operations.id in (kept.retry_of, kept.undo_of)
      )
      delete from operations where id in (
        select id from operations
        where finished_at < ${before}
          and id not in (select id from kept)
          and not exists (select from polls where held_by = operations.id)
        order by id desc limit ${limit} for update skip locked
      ) returning id`.execute(trx);
    return gone.rows.length;
  });
}

/** A deleted poll stays while an operation holds it, or its message is still to be removed and can be. */
async function purgePolls(db: Db, before: Date, limit: number): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const gone = await trx
      .deleteFrom('polls')
      .where('id', 'in', (polls) =>
        polls
          .selectFrom('polls')
          .select('id')
          .where('deleted_at', '<', before)
          .where('held_by', 'is', null)
          .where((poll) =>
            poll.or([
              poll('shown_revision', '>=', poll.ref('revision')),
              poll('parked_code', 'is not', null),
            ]),
          )
          .orderBy('id')
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .returning('id')
      .execute();
    return gone.length;
  });
}

async function purgeInteractions(db: Db, before: Date, limit: number): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const gone = await trx
      .deleteFrom('handled_interactions')
      .where('interaction_id', 'in', (interactions) =>
        interactions
          .selectFrom('handled_interactions')
          .select('interaction_id')
          .where('handled_at', '<', before)
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .returning('interaction_id')
      .execute();
    return gone.length;
  });
}

async function purgePickers(db: Db, before: Date, limit: number): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const gone = await trx
      .deleteFrom('pickers')
      .where('id', 'in', (pickers) =>
        pickers
          .selectFrom('pickers')
          .select('id')
          .where('used_at', '<', before)
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .returning('id')
      .execute();
    return gone.length;
  });
}

async function inBatches(limit: number, removeSome: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = await removeSome(limit);
    total += removed;
    if (removed < limit) return total;
  }
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * dayMs);
}
