import { UserError } from '../../base/errors.ts';
import { undoableHours } from '../../base/undo-window.ts';
import type { Db } from '../../db/schema.ts';
import { estimate } from '../../delivery/pace/estimate.ts';
import type { Poll } from '../../polls/poll.ts';
import { loadPolls } from '../../polls/poll-store.ts';
import { type Becoming, votesForbid } from '../../polls/votes/votes-forbid.ts';
import { operationKind } from '../kinds/operation-kinds.ts';
import type { PollChange } from '../kinds/poll-image.ts';
import { isResult, type OperationRow } from '../operation.ts';
import { type Comparison, comparePolls } from './compare-polls.ts';
import { type Asking, createDraft, type DraftItem, type Writer } from './draft-store.ts';
import { restoreSkipReason } from './restore-skip-reason.ts';
import { alreadyUndoneError, undonePolls } from './undone-polls.ts';

const undoableMs = undoableHours * 3_600_000;

/** What an operation did to one poll. */
interface Effect {
  readonly pollId: number;
  readonly before: PollChange;
  /** Null if an earlier version of this program kept none. */
  readonly after: PollChange | null;
}

/**
 * Freezes the undo of an operation. Every poll that it changed becomes what it was before, unless it is no longer
 * what the operation left. `confirmDelayMs`: how long `Confirm` waits if polls are closed. Throws `UserError` if the
 * operation cannot be undone (any more), or not twice.
 */
export async function planUndo(
  db: Db,
  original: OperationRow,
  asking: Asking,
  { processId, now, confirmDelayMs = 0 }: Writer & { readonly confirmDelayMs?: number },
): Promise<number> {
  assertUndoable(original, now);
  const effects = await effectsOf(db, original.id);
  const ids = effects.map((effect) => effect.pollId);
  const polls = await loadPolls(db, asking.scope, ids);
  if (effects.length === 0) {
    throw new UserError(`Operation #${original.id} changed no poll, so there is nothing to undo.`);
  }
  const undone = await undonePolls(db, original.id, asking.interactionId);
  if (ids.every((id) => undone.has(id))) throw alreadyUndoneError(original.id, undone.get(ids[0]!)!);
  const reasons = await skipReasons(db, { effects, polls, undone }, { originalId: original.id, now });
  const items = effects.map(({ pollId, before, after }): DraftItem => {
    const images = after && { before: after, after: before };
    return { pollId, skipReason: reasons.get(pollId) ?? null, ...(images && { images }) };
  });
  const chosen = items.filter((item) => item.skipReason === null).map((item) => polls.get(item.pollId)!);
  const closed = new Set(effects.filter(({ before }) => before.status === 'closed').map((one) => one.pollId));
  const closes = chosen.filter((poll) => poll.status !== 'closed' && closed.has(poll.id)).length;
  return await createDraft(
    db,
    asking,
    {
      kind: operationKind('undo'),
      params: closes > 0 ? { polls_closed: closes } : {},
      targets: { undo_of: original.id },
      undoOf: original.id,
      estimateMs: estimate(chosen, now).expectedMs,
      confirmDelayMs,
      items,
    },
    { processId, now },
  );
}

/** Whether `Undo` is worth offering. If it is refused, `planUndo` says the reason. */
export function mayBeUndone(operation: OperationRow, now: Date): boolean {
  return (
    isResult(operation.state) &&
    operationKind(operation.kind).undoRefusal === null &&
    operation.finished_at !== null &&
    now.getTime() - operation.finished_at.getTime() < undoableMs
  );
}

function assertUndoable(original: OperationRow, now: Date): void {
  const refusal = operationKind(original.kind).undoRefusal;
  if (refusal !== null) throw new UserError(`${refusal} Nothing was changed.`);
  if (!isResult(original.state)) {
    throw new UserError(
      `Operation #${original.id} has not ended yet. \`Cancel\` stops it and puts back what no message shows.`,
    );
  }
  if (!mayBeUndone(original, now)) {
    throw new UserError(
      `Operation #${original.id} ended more than ${undoableHours} hours ago and can no longer be undone. Nothing was changed.`,
    );
  }
}

/** Failed polls too, because their change is committed. */
async function effectsOf(db: Db, operationId: number): Promise<Effect[]> {
  const rows = await db
    .selectFrom('operation_items')
    .select(['poll_id', 'before', 'after'])
    .where('operation_id', '=', operationId)
    .where('state', 'in', ['done', 'failed'])
    .where('before', 'is not', null)
    .where('target_revision', 'is not', null)
    .orderBy('poll_id')
    .execute();
  return rows.map((row) => ({
    pollId: row.poll_id,
    before: row.before as PollChange,
    after: row.after as PollChange | null,
  }));
}

interface ChangedPolls {
  readonly effects: readonly Effect[];
  readonly polls: ReadonlyMap<number, Poll>;
  /** Polls that were undone already, and by which operation. */
  readonly undone: ReadonlyMap<number, number>;
}

interface Undoing {
  readonly originalId: number;
  readonly now: Date;
}

/** Why polls are left out, by poll. */
async function skipReasons(
  db: Db,
  { effects, polls, undone }: ChangedPolls,
  undoing: Undoing,
): Promise<Map<number, string>> {
  const compared = await comparePolls(db, undoing.originalId, [...polls.keys()]);
  const reasons = new Map([...undone].map(([id, by]) => [id, `already undone by Operation #${by}`]));
  const restored: Becoming[] = [];
  for (const { pollId, before } of effects) {
    if (reasons.has(pollId)) continue;
    const poll = polls.get(pollId);
    const reason = poll ? skipReason(poll, before, compared.get(pollId), undoing) : removed;
    if (reason !== null) reasons.set(pollId, reason);
    else if (poll) restored.push({ poll, becomes: before });
  }
  return new Map([...reasons, ...(await votesForbid(db, restored))]);
}

const removed = 'removed for good meanwhile';

function skipReason(
  poll: Poll,
  before: PollChange,
  comparison: Comparison | undefined,
  { originalId, now }: Undoing,
): string | null {
  if (poll.heldBy !== null) return `held by Operation #${poll.heldBy}`;
  if (!comparison?.asLeft) {
    return comparison?.asFound
      ? `already what it was before Operation #${originalId}`
      : `conflict: changed since Operation #${originalId}`;
  }
  return restoreSkipReason(poll, before, now);
}
