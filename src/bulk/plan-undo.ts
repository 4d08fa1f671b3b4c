import type { Db } from '../db/schema.ts';
import { estimate } from '../delivery/estimate.ts';
import { UserError } from '../errors.ts';
import type { Poll } from '../polls/poll.ts';
import { loadPolls } from '../polls/poll-store.ts';
import { type Becoming, votesForbid } from '../polls/votes-forbid.ts';
import { type Asking, createDraft, type DraftItem } from './draft-store.ts';
import { isResult, type OperationRow } from './operation.ts';
import { operationKind } from './operations/operation-kinds.ts';
import type { PollChange } from './poll-image.ts';
import { restoreRefusal } from './restore-refusal.ts';

/** How long after its end an operation can be undone. */
const undoableMs = 24 * 60 * 60_000;

/** What an operation did to one poll. */
interface Effect {
  readonly pollId: number;
  readonly versionAfter: number;
  readonly before: PollChange;
}

/**
 * Freezes the undo of an operation: every poll it changed becomes what it was before, unless somebody changed it since.
 * Throws `UserError` where it cannot be undone (any more), or not twice.
 */
export async function planUndo(
  db: Db,
  original: OperationRow,
  asking: Asking,
  process: string,
  now: Date,
): Promise<number> {
  await assertUndoable(db, original, asking.interactionId, now);
  const effects = await effectsOf(db, original.id);
  const ids = effects.map((effect) => effect.pollId);
  const polls = await loadPolls(db, asking.scope, ids);
  const refusals = await undoRefusals(db, effects, polls, original.id, now);
  const items = effects.map(({ pollId, versionAfter, before }): DraftItem => {
    const skip = refusals.get(pollId) ?? null;
    return { pollId, versionSeen: versionAfter, skip, prescribed: before };
  });
  if (items.length === 0) {
    throw new UserError(`Operation #${original.id} changed no poll, so there is nothing to undo.`);
  }
  const chosen = items.filter((item) => item.skip === null).map((item) => polls.get(item.pollId)!);
  return createDraft(
    db,
    asking,
    {
      kind: operationKind('undo'),
      params: {},
      targets: { undo_of: original.id },
      undoOf: original.id,
      estimateMs: estimate(chosen, now).expectedMs,
      confirmDelayMs: 0,
      items,
    },
    process,
    now,
  );
}

/** Whether `Undo` is worth offering; `planUndo` says the reason where it is refused. */
export function mayBeUndone(operation: OperationRow, now: Date): boolean {
  return (
    isResult(operation.state) &&
    operationKind(operation.kind).undoRefusal === null &&
    operation.finished_at !== null &&
    now.getTime() - operation.finished_at.getTime() < undoableMs
  );
}

async function assertUndoable(
  db: Db,
  original: OperationRow,
  interactionId: string,
  now: Date,
): Promise<void> {
  const refusal = operationKind(original.kind).undoRefusal;
  if (refusal !== null) throw new UserError(`${refusal} Nothing was changed.`);
  if (!isResult(original.state)) {
    throw new UserError(
      `Operation #${original.id} has not ended yet. \`Cancel\` stops it and puts back what no message shows.`,
    );
  }
  if (!mayBeUndone(original, now)) {
    throw new UserError(
      `Operation #${original.id} ended more than 24 hours ago and can no longer be undone. Nothing was changed.`,
    );
  }
  await assertNotUndone(db, original.id, interactionId);
}

/** Throws `UserError` where another undo of the operation was confirmed before. */
export async function assertNotUndone(db: Db, operationId: number, interactionId: string): Promise<void> {
  const earlier = await undoneBy(db, operationId);
  if (earlier === null || earlier.interaction_id === interactionId) return;
  throw new UserError(
    `Operation #${operationId} was already undone by Operation #${earlier.id}; that is possible once. Nothing was changed.`,
  );
}

/** The confirmed undo of an operation; one that was cancelled or aborted does not count. */
export async function undoneBy(
  db: Db,
  operationId: number,
): Promise<{ id: number; interaction_id: string } | null> {
  const row = await db
    .selectFrom('operations')
    .select(['id', 'interaction_id'])
    .where('undo_of', '=', operationId)
    .where('confirmed_at', 'is not', null)
    .where('retry_of', 'is', null)
    .where('state', 'not in', ['cancelled', 'failed'])
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Failed polls too: their change is committed. */
async function effectsOf(db: Db, operationId: number): Promise<Effect[]> {
  const rows = await db
    .selectFrom('operation_items')
    .select(['poll_id', 'version_after', 'before'])
    .where('operation_id', '=', operationId)
    .where('state', 'in', ['done', 'failed'])
    .where('before', 'is not', null)
    .where('version_after', 'is not', null)
    .orderBy('poll_id')
    .execute();
  return rows.map((row) => {
    const { message_current, ...before } = row.before as Record<string, unknown>;
    return { pollId: row.poll_id, versionAfter: row.version_after!, before: before as PollChange };
  });
}

/** Why polls are left out, by poll. */
async function undoRefusals(
  db: Db,
  effects: readonly Effect[],
  polls: ReadonlyMap<number, Poll>,
  originalId: number,
  now: Date,
): Promise<Map<number, string>> {
  const refusals = new Map<number, string>();
  const restored: Becoming[] = [];
  for (const effect of effects) {
    const poll = polls.get(effect.pollId);
    const reason = skipReason(poll, effect, originalId, now);
    if (reason !== null) refusals.set(effect.pollId, reason);
    else if (poll) restored.push({ poll, becomes: effect.before });
  }
  return new Map([...refusals, ...(await votesForbid(db, restored))]);
}

function skipReason(
  poll: Poll | undefined,
  { versionAfter, before }: Effect,
  originalId: number,
  now: Date,
): string | null {
  if (!poll) return 'removed for good meanwhile';
  if (poll.heldBy !== null) return `held by Operation #${poll.heldBy}`;
  if (poll.version !== versionAfter) return `conflict: changed since Operation #${originalId}`;
  return restoreRefusal(poll, before, now);
}
