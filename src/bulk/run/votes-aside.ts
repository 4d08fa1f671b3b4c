import { sql } from 'kysely';
import type { Trx } from '../../db/transaction.ts';
import { boundKind } from '../kinds/operation-kinds.ts';
import type { OperationRow } from '../operation.ts';
import { loadOperation } from '../operation-store.ts';
import { retryTree } from './retry-tree.ts';

/**
 * How many votes one transaction moves. People who vote wait for it; moving one vote takes some hundredths of a
 * millisecond.
 */
const mostVotes = 10_000;
/** How many polls' votes are counted to find how many polls fit. */
const mostPolls = 50;

/**
 * As many of these polls, from the first on, as one transaction may move the votes of. All of them if the operation
 * moves no votes, else at least one, however many votes it has.
 */
export async function movableAtOnce(
  trx: Trx,
  operation: OperationRow,
  pollIds: readonly number[],
  most = mostVotes,
): Promise<readonly number[]> {
  if (pollIds.length === 0 || (await movingVotes(trx, operation)) === null) return pollIds;
  const { rows } = await sql<{ id: number }>`
    select id from (
      select poll.place, poll.id, own.votes, sum(own.votes) over (order by poll.place) as together
      from unnest(${pollIds.slice(0, mostPolls)}::int[]) with ordinality as poll (id, place)
      cross join lateral (
        select (select count(*) from votes where poll_id = poll.id)
          + (select count(*) from votes_aside where poll_id = poll.id) as votes
      ) as own
    ) as counted
    where together <= ${most}::int or together = votes
    order by place`.execute(trx);
  return rows.map(({ id }) => id);
}

/**
 * Moves the votes of polls that were just changed. A kind that resets votes keeps them aside. An undo of such an
 * operation keeps aside what was cast since, and gives back what the operation had taken. To be called in the
 * transaction that changes the polls.
 */
export async function moveVotes(
  trx: Trx,
  operation: OperationRow,
  pollIds: readonly number[],
): Promise<void> {
  const moving = pollIds.length === 0 ? null : await movingVotes(trx, operation);
  if (moving === null) return;
  await setAside(trx, moving.owner, pollIds);
  if (moving.undone !== null) await giveBack(trx, moving.undone, pollIds);
}

/** Undoes `moveVotes` for polls that a cancel put back. What was cast since is kept aside, as an undo would keep it. */
export async function putVotesBack(
  trx: Trx,
  operation: OperationRow,
  pollIds: readonly number[],
): Promise<void> {
  const moving = pollIds.length === 0 ? null : await movingVotes(trx, operation);
  if (moving === null) return;
  if (moving.undone !== null) await setAside(trx, moving.undone, pollIds);
  else await setAside(trx, moving.owner, pollIds, true);
  await giveBack(trx, moving.owner, pollIds);
}

/**
 * Which operation keeps the votes that this one moves, and whose votes it gives back; null if it moves none. Of an
 * operation and its retries the first one owns what was set aside in all of them.
 */
async function movingVotes(
  trx: Trx,
  operation: OperationRow,
): Promise<{ owner: number; undone: number | null } | null> {
  const undone = operation.undo_of === null ? null : await loadOperation(trx, operation.undo_of);
  const kind = boundKind(undone ?? operation);
  if (kind.file || !kind.setsVotesAside) return null;
  return { owner: await firstOf(trx, operation.id), undone: undone && (await firstOf(trx, undone.id)) };
}

async function firstOf(trx: Trx, operationId: number): Promise<number> {
  return (await retryTree(trx, operationId))[0];
}

/** `castSince`: these votes were cast after those that are aside already, and do not come back. */
async function setAside(
  trx: Trx,
  operationId: number,
  pollIds: readonly number[],
  castSince = false,
): Promise<void> {
  await sql`
    with taken as (delete from votes where poll_id = any(${[...pollIds]}::int[]) returning *)
    insert into votes_aside (operation_id, poll_id, position, user_id, created_at, cast_since)
    select ${operationId}, poll_id, position, user_id, created_at, ${castSince} from taken
    on conflict do nothing`.execute(trx);
}

async function giveBack(trx: Trx, operationId: number, pollIds: readonly number[]): Promise<void> {
  await sql`
    with given as (delete from votes_aside
      where operation_id = ${operationId} and poll_id = any(${[...pollIds]}::int[]) and not cast_since returning *)
    insert into votes (poll_id, position, user_id, created_at)
    select poll_id, position, user_id, created_at from given`.execute(trx);
}
