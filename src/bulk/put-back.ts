import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { DeliveryJob } from '../delivery/delivery-batch.ts';
import { type Hold, holdFence } from './fence.ts';
import { columnsFrom, overwritten } from './poll-image.ts';
import { putVotesBack } from './votes-aside.ts';

/**
 * Apply's mirror, for a cancelled operation: every poll whose message does not show the change yet, failed ones
 * included, goes back to what it was, in one statement guarded by its version. Its item ends `skipped`. A message that
 * certainly still shows the old state is left alone; one with an unknown request in flight is edited again.
 * To be called when nothing of the operation is in flight any more. Returns the polls to edit again.
 */
export async function putBack(db: Db, hold: Hold, now: Date): Promise<DeliveryJob[]> {
  return inTransaction(db, async (trx) => {
    const operation = await holdFence(trx, hold);
    await lockPolls(trx, hold.operationId);
    await settleShown(trx, hold.operationId, now);
    const restored = await restorePolls(trx, hold.operationId);
    await putVotesBack(
      trx,
      operation,
      restored.map((poll) => poll.id),
    );
    await sql`
      update operation_items
      set state = 'skipped', finished_at = ${now}, code = null, message = case
        when state = 'planned' or before is null then 'cancelled before it was changed'
        when poll_id = any(${restored.map((poll) => poll.id)}::int[]) then 'cancelled, put back'
        else 'cancelled; changed meanwhile, so left as it is' end
      where operation_id = ${hold.operationId} and state in ('planned', 'applied', 'failed')`.execute(trx);
    await releaseHolds(trx, hold.operationId);
    return restored
      .filter((poll) => poll.behind)
      .map(({ id, channel_id, message_id }) => ({
        pollId: id,
        channelId: channel_id,
        messageId: message_id,
      }));
  });
}

/** Frees every poll the operation still holds. */
export async function releaseHolds(db: Db, operationId: number): Promise<void> {
  await db.updateTable('polls').set({ held_by: null }).where('held_by', '=', operationId).execute();
}

async function lockPolls(db: Db, operationId: number): Promise<void> {
  await sql`
    select poll.id from polls as poll join operation_items as item on item.poll_id = poll.id
    where item.operation_id = ${operationId} and item.state in ('applied', 'failed')
    order by poll.id for update of poll`.execute(db);
}

/** Messages that turned out to show the change: their polls are done and stay changed. */
async function settleShown(db: Db, operationId: number, now: Date): Promise<void> {
  await sql`
    update operation_items as item set state = 'done', finished_at = ${now}, code = null, message = null
    from polls as poll
    where item.operation_id = ${operationId} and poll.id = item.poll_id and item.state in ('applied', 'failed')
      and poll.shown_revision >= item.target_revision`.execute(db);
}

async function restorePolls(db: Db, operationId: number): Promise<RestoredRow[]> {
  const { rows } = await sql<RestoredRow>`
    with plan as (
      select item.poll_id, item.before,
        (item.before->>'message_current')::boolean and poll.sent_revision <= poll.shown_revision
          and poll.revision = item.target_revision as message_current
      from operation_items as item join polls as poll on poll.id = item.poll_id
      where item.operation_id = ${operationId} and item.state in ('applied', 'failed')
        and item.before is not null and poll.version = item.version_after
        and (poll.held_by is null or poll.held_by = ${operationId}))
    update polls as poll
    set ${columnsFrom('image', 'poll')}, version = poll.version + 1, revision = poll.revision + 1, held_by = null,
      shown_revision = case when plan.message_current then poll.revision + 1 else poll.shown_revision end,
      sent_revision = case when plan.message_current then poll.revision + 1 else poll.sent_revision end,
      removal_tried = poll.removal_tried and not plan.message_current
    from plan join polls as old on old.id = plan.poll_id
      cross join lateral ${overwritten('old', sql`plan.before`)} as image
    where poll.id = plan.poll_id
    returning poll.id, poll.channel_id, poll.message_id, poll.shown_revision < poll.revision as behind`.execute(
    db,
  );
  return rows;
}

interface RestoredRow {
  readonly id: number;
  readonly channel_id: string;
  readonly message_id: string | null;
  readonly behind: boolean;
}
