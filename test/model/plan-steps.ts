import { expect } from 'vitest';
import { undoKind } from './kinds.ts';
import { isOver, type Model, type ModelOperation, type ModelPoll } from './model.ts';
import { apply, planned, plannedUndo, retried, undone, undoRefusal } from './model-operations.ts';
import { endIfDone, isQueued } from './run-steps.ts';
import { onOperation, pick, Step } from './step.ts';
import type { World } from './world.ts';

/** Steps that plan operations and begin them. */
export const planSteps = {
  /** Of one of the run's kinds, over those of these polls that are not deleted. */
  plan: (kind: number, polls: readonly number[]) =>
    new Step(
      `plan(${kind}, [${polls}])`,
      (model) => chosen(model, polls).length > 0,
      async (model, world) => {
        await plannedOver(model, world, kind, polls);
      },
    ),

  /** The same, and confirmed at once. */
  begin: (kind: number, polls: readonly number[]) =>
    new Step(
      `begin(${kind}, [${polls}])`,
      (model) => chosen(model, polls).length > 0,
      async (model, world) => {
        const draft = await plannedOver(model, world, kind, polls);
        if (mayBeConfirmed(draft, model)) await confirmed(draft, model, world);
      },
    ),

  confirm: (index: number) => onOperation('confirm', index, mayBeConfirmed, confirmed),

  undo: (index: number) =>
    onOperation('undo', index, mayBeUndone, async (original, model, world) => {
      await undoPlanned(original, model, world);
    }),

  beginUndo: (index: number) =>
    onOperation('beginUndo', index, mayBeUndone, async (original, model, world) => {
      const draft = await undoPlanned(original, model, world);
      if (draft && mayBeConfirmed(draft, model)) await confirmed(draft, model, world);
    }),

  retry: (index: number) =>
    onOperation('retry', index, isOver, async (original, model, world) => {
      if (mayBeRetried(original, model))
        return await begun(await queued(original, model, world), model, world);
      const words = isRetried(original, model) ? 'already retried' : 'Nothing failed';
      await expect(world.retry(original.id)).rejects.toThrow(words);
    }),

  /** Chooses one with failures, so that it is not refused: few have any. */
  beginRetry: (index: number) =>
    onOperation('beginRetry', index, mayBeRetried, async (original, model, world) => {
      await begun(await queued(original, model, world), model, world);
    }),

  queueRetry: (index: number) =>
    onOperation('queueRetry', index, mayBeRetried, async (original, model, world) => {
      await queued(original, model, world);
    }),

  /** What waits in the queue begins. */
  start: (index: number) => onOperation('start', index, isQueued, begun),
};

/** Of all polls those in these places. */
function chosen(model: Model, places: readonly number[]): ModelPoll[] {
  const polls = [...model.polls.values()];
  return model.living().filter((poll) => places.includes(polls.indexOf(poll) + 1));
}

async function plannedOver(
  model: Model,
  world: World,
  kind: number,
  polls: readonly number[],
): Promise<ModelOperation> {
  const of = chosen(model, polls);
  const id = await world.plan(
    pick(model.kinds, kind),
    of.map((poll) => poll.id),
  );
  return planned(model, id, pick(model.kinds, kind), of);
}

function mayBeUndone(operation: ModelOperation): boolean {
  return isOver(operation) && operation.kind !== undoKind;
}

function isRetried(original: ModelOperation, { operations }: Model): boolean {
  return operations.some(
    (one) => one.retryOf === original && one.state !== 'cancelled' && one.state !== 'failed',
  );
}

function mayBeRetried(original: ModelOperation, model: Model): boolean {
  const failed = original.items.some(({ state }) => state === 'failed');
  return isOver(original) && failed && !isRetried(original, model);
}

async function queued(original: ModelOperation, model: Model, world: World): Promise<ModelOperation> {
  return retried(model, await world.retry(original.id), original);
}

export async function begun(operation: ModelOperation, model: Model, world: World): Promise<void> {
  await world.start(operation.id);
  operation.state = 'running';
  apply(model, operation);
  endIfDone(model, operation);
}

/** The undo as a draft; null if it is refused. */
async function undoPlanned(
  original: ModelOperation,
  model: Model,
  world: World,
): Promise<ModelOperation | null> {
  const refused = undoRefusal(model, original);
  if (refused === null) return plannedUndo(model, await world.planUndo(original.id), undoKind, original);
  await expect(world.planUndo(original.id)).rejects.toThrow(refused);
  return null;
}

function mayBeConfirmed(operation: ModelOperation, model: Model): boolean {
  return (
    operation.state === 'draft' &&
    operation.items.some(({ state }) => state === 'planned') &&
    model.now + 1000 - operation.plannedAt < 600_000
  );
}

async function confirmed(operation: ModelOperation, model: Model, world: World): Promise<void> {
  const taken = operation.undoOf ? undone(model, operation.undoOf, operation) : new Set<number>();
  const planned = operation.items.filter(({ state }) => state === 'planned');
  if (planned.every(({ poll }) => taken.has(poll))) {
    return await expect(world.confirm(operation.id)).rejects.toThrow('already undone');
  }
  await world.confirm(operation.id);
  operation.state = 'running';
  apply(model, operation);
  endIfDone(model, operation);
}
