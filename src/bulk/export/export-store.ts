import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inSnapshot, inTransaction } from '../../db/transaction.ts';
import { loadPolls, tallies } from '../../polls/poll-store.ts';
import { everyServer } from '../../polls/scope.ts';
import { appendAudit } from '../audit/audit.ts';
import { type Lease, lockOperation } from '../lifecycle/fence.ts';
import { leftOutStates } from '../operation-store.ts';
import type { ReadPoll } from './export-row.ts';

/** A poll that must still be exported. `read` is null if it was deleted meanwhile. */
export interface PlannedPoll {
  readonly id: number;
  readonly read: ReadPoll | null;
}

/**
 * The next polls to export in the order of their numbers, at most `limit`, read as of one moment. An operation or a
 * vote in between is seen wholly or not at all. Nobody's vote is read from a poll that became anonymous meanwhile.
 */
export async function readPlanned(
  db: Db,
  operationId: number,
  page: { readonly after: number; readonly limit: number; readonly voters: boolean },
): Promise<PlannedPoll[]> {
  return await inSnapshot(db, async (trx) => {
    const items = await trx
      .selectFrom('operation_items')
      .select('poll_id')
      .where('operation_id', '=', operationId)
      .where('state', '=', 'planned')
      .where('poll_id', '>', page.after)
      .orderBy('poll_id')
      .limit(page.limit)
      .execute();
    const ids = items.map((item) => item.poll_id);
    const polls = await loadPolls(trx, everyServer, ids);
    const counts = await tallies(trx, ids);
    const voters = page.voters ? await votersOf(trx, ids) : new Map<number, string[][]>();
    return ids.map((id) => {
      const poll = polls.get(id);
      if (!poll || poll.deletedAt !== null) return { id, read: null };
      const tally = counts.get(id) ?? { counts: [], voters: 0 };
      return { id, read: { poll, tally, voters: voters.get(id) ?? null } };
    });
  });
}

/**
 * Who voted for each option, in the order of their votes. Polls that are anonymous or without votes are not in the
 * map.
 */
async function votersOf(db: Db, ids: readonly number[]): Promise<Map<number, string[][]>> {
  const { rows } = await sql<{ poll_id: number; position: number; voters: string[] }>`
    select votes.poll_id, votes.position,
      array_agg(votes.user_id order by votes.created_at, votes.user_id) as voters
    from votes join polls on polls.id = votes.poll_id
    where votes.poll_id = any(${[...ids]}::int[]) and not polls.anonymous
    group by votes.poll_id, votes.position`.execute(db);
  const byPoll = new Map<number, string[][]>();
  for (const { poll_id, position, voters } of rows) {
    const options = byPoll.get(poll_id) ?? [];
    options[position] = voters;
    byPoll.set(poll_id, options);
  }
  return byPoll;
}

/** How many options the operation's longest poll has: the same for each of its files. */
export async function mostOptions(db: Db, operationId: number): Promise<number> {
  const { most } = await db
    .selectFrom('operation_items as item')
    .innerJoin('poll_options as option', 'option.poll_id', 'item.poll_id')
    .select(sql<number>`coalesce(max(option.position) + 1, 0)::int`.as('most'))
    .where('item.operation_id', '=', operationId)
    .where('item.state', 'not in', leftOutStates)
    .executeTakeFirstOrThrow();
  return most;
}

/** How many files of the operation Discord has taken so far. */
export async function countSentFiles(db: Db, operationId: number): Promise<number> {
  const { count } = await db
    .selectFrom('operation_items')
    .select(sql<number>`count(distinct message)::int`.as('count'))
    .where('operation_id', '=', operationId)
    .where('state', '=', 'done')
    .executeTakeFirstOrThrow();
  return count;
}

/** What became of polls that were to be exported. */
export interface ExportOutcome {
  readonly state: 'done' | 'failed' | 'skipped';
  readonly code: string | null;
  /** For a done poll: which file it is in, and how that was sent. */
  readonly message: string;
  /** For the audit; null if no file was sent. */
  readonly file: { readonly name: string; readonly bytes: number; readonly sent: string } | null;
}

/** Records the outcome of planned polls, all in one statement. Throws `LeaseLostError`. */
export async function settleExported(
  db: Db,
  lease: Lease,
  outcome: ExportOutcome & { readonly pollIds: readonly number[] },
  now: Date,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const operation = await lockOperation(trx, lease);
    await trx
      .updateTable('operation_items')
      .set({
        state: outcome.state,
        code: outcome.code,
        message: outcome.message,
        attempts: sql`attempts + ${outcome.state === 'skipped' ? 0 : 1}::int`,
        finished_at: now,
      })
      .where('operation_id', '=', lease.operationId)
      .where('state', '=', 'planned')
      .where(sql<boolean>`poll_id = any(${[...outcome.pollIds]}::int[])`)
      .execute();
    if (outcome.file === null) return;
    await appendAudit(trx, now, {
      operationId: lease.operationId,
      actorId: null,
      process: operation.owner ?? '',
      event: 'file sent',
      details: { ...outcome.file, to: operation.admin_id, polls: outcome.pollIds.length },
    });
  });
}
