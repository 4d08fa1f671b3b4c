import type { Kind, Model, ModelItem, ModelOperation, ModelPoll, What } from './model.ts';
import { isOver, type ModelVote, same, votesForbid } from './model.ts';

const dayMs = 24 * 60 * 60_000;

/** The plan of a kind over some polls, as its preview says it. */
export function planned(model: Model, id: number, kind: Kind, polls: readonly ModelPoll[]): ModelOperation {
  const items = polls.map((poll) => {
    const becomes = kind.change!(poll.is, model.now, model.now);
    const takes = poll.heldBy === null && becomes !== null && !votesForbid(poll, becomes);
    return item(poll, takes ? 'planned' : 'excluded', poll.is, null);
  });
  return operation(model, id, kind, items, {});
}

/** Polls that an undo of the operation has, or is to have, undone. */
export function undone(model: Model, original: ModelOperation, but?: ModelOperation): Set<number> {
  const undos = model.operations.filter(
    (one) => one.undoOf === original && one !== but && one.state !== 'draft',
  );
  const taken = undos.flatMap((undo) => undo.items.filter((one) => one.changed || isOpen(one)));
  return new Set(taken.map((one) => one.poll));
}

/** What an undo is refused for as a whole, or null. */
export function undoRefusal(model: Model, original: ModelOperation): string | null {
  if (model.now - original.finishedAt! >= dayMs) return 'more than 24 hours ago';
  const effects = effectsOf(original);
  if (effects.length === 0) return 'changed no poll';
  const taken = undone(model, original);
  return effects.every(({ poll }) => taken.has(poll)) ? 'already undone' : null;
}

export function plannedUndo(model: Model, id: number, undo: Kind, original: ModelOperation): ModelOperation {
  const taken = undone(model, original);
  const items = effectsOf(original).map(({ poll: pollId, found, left, owedFound }) => {
    const poll = model.polls.get(pollId)!;
    const takes =
      !poll.purged &&
      !taken.has(pollId) &&
      poll.heldBy === null &&
      same(poll.is, left) &&
      !isTooLate(poll, found, model.now) &&
      !votesForbid(poll, found);
    return { ...item(poll, takes ? 'planned' : 'excluded', left!, found), owedLeft: owedFound };
  });
  return operation(model, id, undo, items, { undoOf: original });
}

/** A new operation over exactly the failed polls, which waits in the queue. */
export function retried(model: Model, id: number, original: ModelOperation): ModelOperation {
  const items = original.items
    .filter(({ state }) => state === 'failed')
    .map((failed): ModelItem => ({ ...failed, state: 'planned' }));
  const again = operation(model, id, original.kind, items, { retryOf: original, undoOf: original.undoOf });
  again.state = 'queued';
  return again;
}

/** The changes are committed: each planned poll is checked again. */
export function apply(model: Model, run: ModelOperation): void {
  for (const one of run.items.filter(({ state }) => state === 'planned')) {
    const poll = model.polls.get(one.poll)!;
    adopt(model, run, one);
    const becomes = becoming(model, run, one, poll);
    if (becomes === null) one.state = 'skipped';
    else if (becomes === 'show') {
      one.state = 'applied';
      poll.heldBy = run.id;
    } else change(model, run, one, poll, becomes);
  }
}

/** What any retry of the same operation has changed, and nobody put back, is changed for all of them. */
function adopt(model: Model, run: ModelOperation, one: ModelItem): void {
  if (one.changed || run.retryOf === null) return;
  const others = kinOf(model, run).flatMap(({ items }) => items);
  const changed = others.findLast((other) => other.poll === one.poll && other.changed);
  if (changed) Object.assign(one, { ...changed, state: one.state });
}

function becoming(
  model: Model,
  run: ModelOperation,
  one: ModelItem,
  poll: ModelPoll,
): Partial<What> | 'show' | null {
  const takesDeleted = run.kind.name === 'delete' || run.undoOf !== null;
  if (poll.purged || poll.heldBy !== null || (poll.is.deletedAt !== null && !takesDeleted)) return null;
  if (one.changed) return same(poll.is, one.left) ? 'show' : null;
  if ((run.retryOf || run.undoOf) && !same(poll.is, one.found)) return null;
  if (run.undoOf && isTooLate(poll, one.left!, model.now)) return null;
  const becomes = run.undoOf ? one.left! : run.kind.change!(poll.is, model.now, run.plannedAt);
  return becomes === null || votesForbid(poll, becomes) ? null : becomes;
}

function change(
  model: Model,
  run: ModelOperation,
  one: ModelItem,
  poll: ModelPoll,
  becomes: Partial<What>,
): void {
  const { owed: owedFound, is } = poll;
  const opens = run.kind.ping === 'opens' && is.status === 'scheduled' && is.role !== null;
  one.found = is;
  model.become(poll, becomes);
  if (run.undoOf) poll.owed = stillOwed(poll, one.owedLeft);
  else if (run.kind.ping) poll.owed = opens ? model.fresh() : null;
  const left = { left: poll.is, owedFound, owedLeft: poll.owed };
  Object.assign(one, { ...left, state: 'applied', changed: true, shown: false, at: model.turn });
  poll.heldBy = run.id;
  moveVotes(run, poll);
}

/** A kind that resets votes takes them aside; its undo takes those cast since, and gives the others back. */
function moveVotes(run: ModelOperation, poll: ModelPoll): void {
  if (!(run.undoOf ?? run).kind.resetsVotes) return;
  firstOf(run).aside.set(poll.id, poll.votes);
  poll.votes = run.undoOf ? giveBack(firstOf(run.undoOf), poll) : [];
}

function giveBack(owner: ModelOperation, poll: ModelPoll): ModelVote[] {
  const votes = owner.aside.get(poll.id) ?? [];
  owner.aside.delete(poll.id);
  return votes;
}

/**
 * A cancelled operation: what no message shows goes back to what it was, unless votes cast since forbid it; what another
 * change has made of a poll is left.
 */
export function cancel(model: Model, run: ModelOperation): void {
  let back = 0;
  for (const one of run.items) {
    const poll = model.polls.get(one.poll)!;
    if (one.state === 'planned') adopt(model, run, one);
    if (!isOpen(one) && one.state !== 'failed') continue;
    const ours = one.changed && !poll.purged && same(poll.is, one.left);
    const free = poll.heldBy === null || poll.heldBy === run.id;
    if (ours && (one.shown || (free && votesForbid(poll, one.found, one.at)))) one.state = 'done';
    else {
      one.state = 'skipped';
      back += 1;
      if (ours && free) goBack(model, run, one, poll);
    }
  }
  const failed = run.items.some(({ state }) => state === 'failed');
  end(model, run, back > 0 ? 'cancelled' : failed ? 'completed with failures' : 'completed');
}

function goBack(model: Model, run: ModelOperation, one: ModelItem, poll: ModelPoll): void {
  model.become(poll, one.found);
  poll.owed = stillOwed(poll, one.owedFound);
  for (const operation of kinOf(model, run)) {
    for (const item of operation.items) if (item.poll === poll.id) item.changed = false;
  }
  if (!(run.undoOf ?? run).kind.resetsVotes) return;
  const owner = firstOf(run);
  if (run.undoOf) firstOf(run.undoOf).aside.set(poll.id, poll.votes);
  else {
    const kept = owner.asideSince.get(poll.id) ?? [];
    const anew = poll.votes.filter(
      (vote) => !kept.some((k) => k.user === vote.user && k.option === vote.option),
    );
    owner.asideSince.set(poll.id, [...kept, ...anew]);
  }
  poll.votes = giveBack(owner, poll);
}

/** The operation ends: what it holds is free, and what is still open by now has failed. */
export function end(model: Model, run: ModelOperation, state?: ModelOperation['state']): void {
  for (const one of run.items) if (isOpen(one)) one.state = 'failed';
  for (const poll of model.polls.values()) if (poll.heldBy === run.id) poll.heldBy = null;
  run.state =
    state ?? (run.items.some((one) => one.state === 'failed') ? 'completed with failures' : 'completed');
  run.finishedAt = model.now;
}

/** Deleted polls that may be removed for good by now: nothing can bring them back, and nothing is to. */
export function mayBePurged(model: Model, poll: ModelPoll, retentionMs: number): boolean {
  const { deletedAt } = poll.is;
  if (deletedAt === null || deletedAt >= model.now - retentionMs || poll.heldBy !== null) return false;
  return model.operations.every(
    (one) =>
      one.state === 'draft' ||
      !one.items.some(
        (item) => item.poll === poll.id && (isOpen(item) || (one.kind.name === 'delete' && item.changed)),
      ) ||
      (isOver(one) && model.now - one.finishedAt! >= dayMs),
  );
}

function operation(
  model: Model,
  id: number,
  kind: Kind,
  items: ModelItem[],
  of: { undoOf?: ModelOperation | null; retryOf?: ModelOperation },
): ModelOperation {
  const { undoOf = null, retryOf = null } = of;
  const made: ModelOperation = {
    id,
    kind,
    items,
    undoOf,
    retryOf,
    state: 'draft',
    plannedAt: retryOf?.plannedAt ?? model.now,
    finishedAt: null,
    aside: new Map(),
    asideSince: new Map(),
  };
  model.operations.push(made);
  return made;
}

const neverChanged = { owedFound: null, owedLeft: null, changed: false, at: 0, shown: false };

function item(poll: ModelPoll, state: ModelItem['state'], found: What, left: What | null): ModelItem {
  return { poll: poll.id, state, found, left, ...neverChanged };
}

function effectsOf(original: ModelOperation): ModelItem[] {
  return original.items.filter((one) => one.changed && (one.state === 'done' || one.state === 'failed'));
}

function isOpen({ state }: ModelItem): boolean {
  return state === 'planned' || state === 'applied';
}

/** The restored closing time of a poll that would be open, or open one day, has passed. */
function isTooLate(poll: ModelPoll, becomes: What, now: number): boolean {
  const { status, closesAt } = becomes;
  return poll.is.deletedAt === null && status !== 'closed' && closesAt !== null && closesAt <= now;
}

function stillOwed(poll: ModelPoll, opening: number | null): number | null {
  return opening !== null && !poll.pinged.has(opening) ? opening : null;
}

function firstOf(run: ModelOperation): ModelOperation {
  return run.retryOf ? firstOf(run.retryOf) : run;
}

/** The first operation, its retries, theirs, and so on. */
function kinOf(model: Model, run: ModelOperation): ModelOperation[] {
  return model.operations.filter((one) => firstOf(one) === firstOf(run));
}
