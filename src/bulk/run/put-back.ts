import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import type { DeliveryJob } from '../../delivery/delivery-batch.ts';
import { loadPolls } from '../../polls/poll-store.ts';
import { everyServer } from '../../polls/scope.ts';
import { votesForbid } from '../../polls/votes/votes-forbid.ts';
import { columnsFrom, matchesImage, overwritten, type PollChange } from '../kinds/poll-image.ts';
import { type Lease, lockOperation } from '../lifecycle/fence.ts';
import { lockPolls } from './lock-polls.ts';
import { adoptChanges, retryTree } from './retry-tree.ts';
import { movableAtOnce, putVotesBack } from './votes-aside.ts';

/** How many polls one transaction puts back, as when they were changed. */
const defaultChunkSize = 250;

/**
 * The mirror of apply, for a cancelled operation. Every poll whose message does not show the change yet, failed ones
 * too, goes back to what it was, if it is what the operation left. Its item ends `skipped`. If votes cast since
 * forbid that, as they would forbid an undo, the poll stays changed and its item ends `done`, with the reason as a
 * remark. A message that certainly still shows the old state is left alone; one with an unknown request in flight is
 * edited again.
 *
 * To be called when nothing of the operation is in flight any more. Returns the polls whose messages are behind. Goes
 * chunk by chunk, each a transaction. Safe to repeat after a crash: what is put back is no longer open.
 */
export async function putBack(
  db: Db,
  lease: Lease,
  now: Date,
  chunkSize = defaultChunkSize,
): Promise<DeliveryJob[]> {
  const jobs: DeliveryJob[] = [];
  for (;;) {
    const more = await putChunkBack(db, lease, now, chunkSize);
    if (more === null) return jobs;
    jobs.push(...more);
  }
}

/** What becomes of polls that a cancel did not find done. No item ends in these words otherwise. */
const cancelled = {
  back: 'cancelled, put back',
  before: 'cancelled before it was changed',
  left: 'cancelled; changed meanwhile, so left as it is',
} as const;

/** Whether the cancel of an operation came before all of it was done, by what `putBack` has made of its polls. */
export async function wasCutShort(trx: Trx, operationId: number): Promise<boolean> {
  const one = await trx
    .selectFrom('operation_items')
    .select('poll_id')
    .where('operation_id', '=', operationId)
    .where('state', '=', 'skipped')
    .where('message', 'in', Object.values(cancelled))
    .limit(1)
    .executeTakeFirst();
  return one !== undefined;
}

/** Puts one chunk back; null if nothing was open any more. */
async function putChunkBack(
  db: Db,
  lease: Lease,
  now: Date,
  chunkSize: number,
): Promise<readonly DeliveryJob[] | null> {
  return await inTransaction(db, async (trx) => {
    const operation = await lockOperation(trx, lease);
    const { operationId } = lease;
    const chunk = await movableAtOnce(trx, operation, await openPolls(trx, operationId, chunkSize));
    if (chunk.length === 0) return null;
    await lockPolls(trx, chunk);
    await adoptChanges(trx, operation, chunk);
    await settleShown(trx, operationId, chunk, now);
    const changed = await changedPolls(trx, operationId, chunk);
    const staying = await forbidden(trx, changed);
    const ids = changed.map(({ id }) => id).filter((id) => !staying.has(id));
    const restored = await restorePolls(trx, operationId, ids);
    await putVotesBack(trx, operation, ids);
    await forgetChange(trx, operationId, ids);
    await settleStaying(trx, operationId, staying, now);
    await sql`
      update operation_items
      set state = 'skipped', finished_at = ${now}, code = null, message = case
        when poll_id = any(${ids}::int[]) then ${cancelled.back}
        when target_revision is null then ${cancelled.before}
        else ${cancelled.left} end
      where operation_id = ${operationId} and poll_id = any(${[...chunk]}::int[])
        and state in ('planned', 'applied', 'failed')`.execute(trx);
    await sql`
      update polls set held_by = null where held_by = ${operationId} and id = any(${[...chunk]}::int[])`.execute(
      trx,
    );
    return [...restored, ...(await jobsOf(trx, [...staying.keys()]))];
  });
}

/** Frees every poll the operation still holds. */
export async function releaseHolds(trx: Trx, operationId: number): Promise<void> {
  await trx.updateTable('polls').set({ held_by: null }).where('held_by', '=', operationId).execute();
}

/** The next polls of the operation that have no outcome or that failed. */
async function openPolls(trx: Trx, operationId: number, limit: number): Promise<number[]> {
  const rows = await trx
    .selectFrom('operation_items')
    .select('poll_id')
    .where('operation_id', '=', operationId)
    .where('state', 'in', ['planned', 'applied', 'failed'])
    .orderBy('poll_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.poll_id);
}

/** Settles polls whose messages turned out to show the change: they are done and stay changed. */
async function settleShown(trx: Trx, operationId: number, ids: readonly number[], now: Date): Promise<void> {
  await sql`
    update operation_items as item set state = 'done', finished_at = ${now}, code = null, message = null
    from polls as poll
    where item.operation_id = ${operationId} and item.poll_id = any(${[...ids]}::int[])
      and poll.id = item.poll_id and item.state in ('planned', 'applied', 'failed')
      and poll.shown_revision >= item.target_revision and ${matchesImage('poll', sql`item.after`)}`.execute(
    trx,
  );
}

interface ChangedPoll {
  readonly id: number;
  readonly before: PollChange;
  readonly takenAt: Date | null;
  /** Whether anybody may have voted since it was changed. */
  readonly voted: boolean;
}

/** Polls that the operation changed, that no message shows so, and that still are what it left. */
async function changedPolls(trx: Trx, operationId: number, ids: readonly number[]): Promise<ChangedPoll[]> {
  const { rows } = await sql<ChangedPoll>`
    select poll.id, item.before, (item.before->>'taken_at')::timestamptz as "takenAt",
      poll.revision > item.target_revision as voted
    from operation_items as item join polls as poll on poll.id = item.poll_id
    where item.operation_id = ${operationId} and item.poll_id = any(${[...ids]}::int[])
      and item.state in ('planned', 'applied', 'failed')
      and item.before is not null and item.target_revision is not null and ${matchesImage('poll', sql`item.after`)}
      and (poll.held_by is null or poll.held_by = ${operationId})
    order by poll.id`.execute(trx);
  return rows;
}

/** Which of these polls cannot go back because of votes cast since, with the reason. */
async function forbidden(trx: Trx, changed: readonly ChangedPoll[]): Promise<Map<number, string>> {
  const voted = changed.filter((poll) => poll.voted);
  if (voted.length === 0) return new Map();
  const polls = await loadPolls(
    trx,
    everyServer,
    voted.map(({ id }) => id),
  );
  return await votesForbid(
    trx,
    voted.map(({ id, before, takenAt }) => ({ poll: polls.get(id)!, becomes: before, since: takenAt })),
  );
}

/** Restores the polls. What Discord refused of the change is tried again with what the poll is now. */
async function restorePolls(
  trx: Trx,
  operationId: number,
  ids: readonly number[],
): Promise<readonly DeliveryJob[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<DeliveryJob & { behind: boolean }>`
    with plan as (
      select item.poll_id, item.before,
        (item.before->>'message_current')::boolean and poll.sent_revision <= poll.shown_revision
          and poll.revision = item.target_revision as message_current
      from operation_items as item join polls as poll on poll.id = item.poll_id
      where item.operation_id = ${operationId} and item.poll_id = any(${[...ids]}::int[]))
    update polls as poll
    set ${columnsFrom('image', 'poll')}, version = poll.version + 1, revision = poll.revision + 1, held_by = null,
      shown_revision = case when plan.message_current then poll.revision + 1 else poll.shown_revision end,
      sent_revision = case when plan.message_current then poll.revision + 1 else poll.sent_revision end,
      removal_tried = poll.removal_tried and not plan.message_current, parked_code = null, parked_reason = null
    from plan join polls as old on old.id = plan.poll_id
      cross join lateral ${overwritten('old', sql`plan.before`)} as image
    where poll.id = plan.poll_id
    returning poll.id as "pollId", poll.channel_id as "channelId", poll.message_id as "messageId",
      poll.shown_revision < poll.revision as behind`.execute(trx);
  return rows.filter((row) => row.behind).map(({ behind, ...job }) => job);
}

/**
 * Forgets the change: it no longer belongs to the operation, nor to its retries. So it can be retried, and is not to
 * be undone.
 */
async function forgetChange(trx: Trx, operationId: number, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const tree = await retryTree(trx, operationId);
  await sql`
    update operation_items set target_revision = null
    where operation_id = any(${tree}::int[]) and poll_id = any(${[...ids]}::int[])`.execute(trx);
}

async function settleStaying(
  trx: Trx,
  operationId: number,
  staying: ReadonlyMap<number, string>,
  now: Date,
): Promise<void> {
  if (staying.size === 0) return;
  await sql`
    update operation_items as item
    set state = 'done', finished_at = ${now}, code = null, message = null,
      remark = concat_ws('; ', item.remark, 'cancelled, but stays changed: ' || stay.reason)
    from unnest(${[...staying.keys()]}::int[], ${[...staying.values()]}::text[]) as stay (poll_id, reason)
    where item.operation_id = ${operationId} and item.poll_id = stay.poll_id`.execute(trx);
}

/** The jobs that show these polls. What Discord refused before is tried once more. */
async function jobsOf(trx: Trx, ids: readonly number[]): Promise<readonly DeliveryJob[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<DeliveryJob>`
    update polls set parked_code = null, parked_reason = null where id = any(${[...ids]}::int[])
    returning id as "pollId", channel_id as "channelId", message_id as "messageId"`.execute(trx);
  return rows;
}
