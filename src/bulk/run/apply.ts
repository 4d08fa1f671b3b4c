import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import type { DeliveryJob } from '../../delivery/delivery-batch.ts';
import type { Poll } from '../../polls/poll.ts';
import { loadPolls } from '../../polls/poll-store.ts';
import { everyServer } from '../../polls/scope.ts';
import { votesForbid } from '../../polls/votes/votes-forbid.ts';
import { appendAudit } from '../audit/audit.ts';
import type { ChangingKind } from '../kinds/operation-kind.ts';
import { beforeImage, columnsFrom, imageOf, overwritten, type PollChange } from '../kinds/poll-image.ts';
import { type Lease, lockOperation } from '../lifecycle/fence.ts';
import type { OperationRow } from '../operation.ts';
import { comparePolls } from '../plan/compare-polls.ts';
import { decideItem, deletedMeanwhile, type PlannedItem } from './decide-item.ts';
import { lockPolls } from './lock-polls.ts';
import { adoptChanges } from './retry-tree.ts';
import { movableAtOnce, moveVotes } from './votes-aside.ts';

/**
 * How many polls one transaction changes. A vote on one of them waits for about a tenth of a second at most, and a
 * thousand polls take few round trips.
 */
const defaultChunkSize = 250;

/** How many come first, so that their messages need not wait for the commit of all. */
const firstChunkSize = 50;

interface Skipped {
  readonly id: number;
  readonly skipReason: string;
}

export interface Applying {
  readonly kind: ChangingKind;
  readonly now: () => Date;
  /** False: no further chunk may be committed. */
  readonly isWanted: () => boolean;
  /** How many polls a chunk has. Default: as many as hold up votes for a tenth of a second. */
  readonly sizes?: { readonly first: number; readonly further: number } | undefined;
}

/**
 * Commits the change of every planned poll, chunk by chunk, and gives with each chunk the polls whose messages are
 * then behind. The next chunk is committed when it is asked for. Each poll is locked and checked again. It ends
 * `applied` (changed and held by this operation) or `skipped` with the reason. Stops between two chunks if `isWanted`
 * says no. Safe to repeat after a crash: what is committed is no longer planned.
 */
export async function* applyInChunks(
  db: Db,
  lease: Lease,
  { kind, now, isWanted, sizes = { first: firstChunkSize, further: defaultChunkSize } }: Applying,
): AsyncGenerator<readonly DeliveryJob[]> {
  for (let size = sizes.first; isWanted(); size = sizes.further) {
    const applied = await applyChunk(db, lease, { kind, now: now(), size });
    if (applied === null) return;
    yield applied.map((poll) => ({
      pollId: poll.id,
      channelId: poll.channelId,
      messageId: poll.messageId,
    }));
  }
}

/** Applies one chunk; null if nothing was planned any more. */
async function applyChunk(
  db: Db,
  lease: Lease,
  { kind, now, size }: { readonly kind: ChangingKind; readonly now: Date; readonly size: number },
): Promise<readonly Poll[] | null> {
  return await inTransaction(db, async (trx) => {
    const operation = await lockOperation(trx, lease);
    if (operation.state !== 'running') return null;
    const planned = await plannedPolls(trx, lease.operationId, size);
    if (planned.length === 0) return null;
    const ids = await movableAtOnce(trx, operation, planned);
    await lockPolls(trx, ids);
    await adoptChanges(trx, operation, ids);
    const items = await plannedItems(trx, lease.operationId, ids);
    const polls = await loadPolls(trx, everyServer, ids);
    const compared = await comparePolls(trx, lease.operationId, ids);
    const skipped: Skipped[] = [];
    const possible: { poll: Poll; becomes: PollChange }[] = [];
    const show: Poll[] = [];
    for (const item of items) {
      const poll = polls.get(item.poll_id);
      const decision = poll
        ? decideItem(poll, { item, comparison: compared.get(poll.id)!, operation, kind, now })
        : deletedMeanwhile;
      if (typeof decision === 'string') skipped.push({ id: item.poll_id, skipReason: decision });
      else if (decision === null) show.push(poll!);
      else possible.push({ poll: poll!, becomes: decision });
    }
    const forbidden = await votesForbid(trx, possible);
    for (const [id, skipReason] of forbidden) skipped.push({ id, skipReason });
    const change = possible.filter(({ poll }) => !forbidden.has(poll.id));
    await skipItems(trx, lease.operationId, skipped, now);
    await changePolls(trx, operation, change);
    await moveVotes(
      trx,
      operation,
      change.map(({ poll }) => poll.id),
    );
    await holdPolls(trx, lease.operationId, show);
    await appendAudit(trx, now, {
      operationId: lease.operationId,
      actorId: null,
      process: operation.owner ?? '',
      event: 'applied',
      details: { changed: change.length, toShow: show.length, skipped: skipped.length },
    });
    return [...change.map(({ poll }) => poll), ...show];
  });
}

async function plannedPolls(trx: Trx, operationId: number, chunkSize: number): Promise<number[]> {
  const rows = await trx
    .selectFrom('operation_items')
    .select('poll_id')
    .where('operation_id', '=', operationId)
    .where('state', '=', 'planned')
    .orderBy('poll_id')
    .limit(chunkSize)
    .execute();
  return rows.map((row) => row.poll_id);
}

/** What is planned of these polls, which are locked. */
function plannedItems(trx: Trx, operationId: number, ids: readonly number[]): Promise<PlannedItem[]> {
  return trx
    .selectFrom('operation_items')
    .select(['poll_id', 'after', 'target_revision'])
    .where('operation_id', '=', operationId)
    .where(sql<boolean>`poll_id = any(${[...ids]}::int[])`)
    .orderBy('poll_id')
    .$castTo<PlannedItem>()
    .execute();
}

async function skipItems(
  trx: Trx,
  operationId: number,
  skipped: readonly Skipped[],
  now: Date,
): Promise<void> {
  if (skipped.length === 0) return;
  await sql`
    update operation_items as item set state = 'skipped', message = skip.skip_reason, finished_at = ${now}
    from unnest(${skipped.map(({ id }) => id)}::int[], ${skipped.map(({ skipReason }) => skipReason)}::text[])
      as skip (poll_id, skip_reason)
    where item.operation_id = ${operationId} and item.poll_id = skip.poll_id`.execute(trx);
}

async function changePolls(
  trx: Trx,
  operation: OperationRow,
  changed: readonly { poll: Poll; becomes: PollChange }[],
): Promise<void> {
  if (changed.length === 0) return;
  const ids = changed.map(({ poll }) => poll.id);
  const changes = changed.map(({ becomes }) => JSON.stringify(becomes));
  // One statement sees the polls as they were throughout, so `was` keeps what `becoming` overwrites.
  await sql`
    with was as materialized (
      select old.id, ${beforeImage('old')} as before, ${overwritten('old', sql`change.image::jsonb`)} as after
      from unnest(${ids}::int[], ${changes}::text[]) as change (poll_id, image)
        join polls as old on old.id = change.poll_id
    ), becoming as (
      update polls as poll
      set ${columnsFrom('image', 'poll')}, version = poll.version + 1, revision = poll.revision + 1,
        held_by = ${operation.id}, parked_code = null, parked_reason = null
      from was cross join lateral (select (was.after).*) as image
      where poll.id = was.id
      returning poll.id, poll.revision, ${imageOf('poll')} as after
    )
    update operation_items as item
    set before = was.before, after = becoming.after, state = 'applied', target_revision = becoming.revision
    from was join becoming on becoming.id = was.id
    where item.operation_id = ${operation.id} and item.poll_id = was.id`.execute(trx);
}

/**
 * Holds retried polls, which are already changed: only their messages may be behind. The item keeps the revision of
 * that change, by which a cancel knows whether the message has shown it since.
 */
async function holdPolls(trx: Trx, operationId: number, polls: readonly Poll[]): Promise<void> {
  if (polls.length === 0) return;
  const ids = polls.map((poll) => poll.id);
  await trx
    .updateTable('polls')
    .set({ held_by: operationId, parked_code: null, parked_reason: null })
    .where(sql<boolean>`id = any(${ids}::int[])`)
    .execute();
  await trx
    .updateTable('operation_items')
    .set({ state: 'applied' })
    .where('operation_id', '=', operationId)
    .where(sql<boolean>`poll_id = any(${ids}::int[])`)
    .execute();
}
