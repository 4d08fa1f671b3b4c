import { UserError } from '../base/errors.ts';
import { isRowId } from '../db/row-id.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction, type Trx } from '../db/transaction.ts';
import type { Poll } from './poll.ts';
import { claimInteraction, inScopeOf, pollRows, toPoll } from './poll-store.ts';
import type { Scope } from './scope.ts';
import { pollTitle } from './text.ts';

export interface ClosePress {
  readonly pollId: number;
  readonly interactionId: string;
  readonly now: Date;
}

/**
 * Closes one poll for somebody, and returns it as it then is. The same interaction again finds it closed. Throws
 * `UserError` if it is not found in the scope, is closed already, or is held by an operation.
 */
export async function closePoll(
  db: Db,
  scope: Scope,
  { pollId, interactionId, now }: ClosePress,
): Promise<Poll> {
  return await inTransaction(db, async (trx) => {
    const poll = await lockPoll(trx, scope, pollId);
    if (poll === null) throw new UserError(`Poll #${pollId} was not found.`);
    if (!(await claimInteraction(trx, interactionId, now))) return poll;
    if (poll.heldBy !== null) {
      throw new UserError(
        `${pollTitle(poll)} is ${poll.status} and held by Operation #${poll.heldBy}. Wait until that has finished, or cancel it.`,
      );
    }
    if (poll.status === 'closed') throw new UserError(`${pollTitle(poll)} is already closed.`);
    await trx
      .updateTable('polls')
      .set((eb) => ({
        status: 'closed',
        closed_at: now,
        ping_pending: false,
        version: eb('version', '+', 1),
        revision: eb('revision', '+', 1),
      }))
      .where(inScopeOf(scope))
      .where('id', '=', pollId)
      .execute();
    return toPoll(await pollRows(trx, scope).where('polls.id', '=', pollId).executeTakeFirstOrThrow());
  });
}

async function lockPoll(trx: Trx, scope: Scope, id: number): Promise<Poll | null> {
  if (!isRowId(id)) return null;
  const row = await pollRows(trx, scope)
    .where('polls.id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate('polls')
    .executeTakeFirst();
  return row ? toPoll(row) : null;
}
