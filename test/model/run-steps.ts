import { expect } from 'vitest';
import { pauseOperation } from '../../src/bulk/lifecycle/control.ts';
import { processName } from '../bulk/bulk-fixture.ts';
import { serverError } from '../delivery/fake-discord.ts';
import { calm, fail, loseAnswer, refuseOnce } from './fake-faults.ts';
import type { Model, ModelItem, ModelOperation, ModelPoll } from './model.ts';
import { cancel, end } from './model-operations.ts';
import { onOperation, pick } from './step.ts';
import type { World } from './world.ts';

const by = { userId: null, processId: processName };

/** Steps of operations that are confirmed. */
export const runSteps = {
  deliver: (index: number, poll: number, how: Delivery) =>
    onOperation(`deliver ${how}, ${poll} of `, index, isRunning, async (operation, model, world) => {
      const waiting = operation.items.filter(({ state }) => state === 'applied');
      await delivered({ operation, pollId: pick(waiting, poll).poll, how }, model, world);
    }),

  finish: (index: number) =>
    onOperation('finish', index, (one, model) => isRunning(one) && !isHeldUp(one, model), finished),

  pause: (index: number) =>
    onOperation('pause', index, isRunning, async (operation, _model, world) => {
      const press = () => pauseOperation(world.db, operation.id, by, world.date);
      await world.runs.get(operation.id)!.pause(press);
      operation.state = 'paused';
    }),

  resume: (index: number) =>
    onOperation(
      'resume',
      index,
      (one) => one.state === 'paused',
      async (operation, _model, world) => {
        const press = () => world.resume(operation.id);
        await world.runs.get(operation.id)!.resume(press);
        operation.state = 'running';
      },
    ),

  cancel: (index: number) =>
    onOperation(
      'cancel',
      index,
      (one) => isUnderWay(one) || isQueued(one),
      async (operation, model, world) => {
        await world.cancel(operation.id);
        cancel(model, operation);
      },
    ),

  abort: (index: number) =>
    onOperation(
      'abort',
      index,
      (one) => isUnderWay(one) || isQueued(one),
      async (operation, model, world) => {
        await world.abort(operation.id);
        end(model, operation, 'failed');
      },
    ),

  timeOut: (index: number) =>
    onOperation('timeOut', index, isRunning, async (operation, model, world) => {
      await world.runs.get(operation.id)!.timeOut();
      end(model, operation, 'timed out');
    }),

  crash: (index: number) =>
    onOperation('crash', index, isUnderWay, async (operation, _model, world) => {
      await world.takeOver(operation.id);
    }),
};

export type Delivery = 'done' | 'refused' | 'given up' | 'lost' | 'unsettled';

function isRunning(operation: ModelOperation): boolean {
  return operation.state === 'running';
}

function isUnderWay({ state }: ModelOperation): boolean {
  return state === 'running' || state === 'paused';
}

/** Another delivery of one of its polls is under way, which this one waits for. */
function isHeldUp(operation: ModelOperation, model: Model): boolean {
  return operation.items.some(({ poll, state }) => state === 'applied' && model.polls.get(poll)!.pinging);
}

export async function finished(operation: ModelOperation, model: Model, world: World): Promise<void> {
  for (const { poll, state } of operation.items) {
    if (state === 'applied') await delivered({ operation, pollId: poll, how: 'done' }, model, world);
  }
}

interface Attempt {
  readonly operation: ModelOperation;
  readonly pollId: number;
  readonly how: Delivery;
}

async function delivered({ operation, pollId, how }: Attempt, model: Model, world: World): Promise<void> {
  const poll = model.polls.get(pollId)!;
  const item = operation.items.find((one) => one.poll === pollId)!;
  const run = world.runs.get(operation.id)!;
  const job = run.jobs.find((one) => one.pollId === pollId)!;
  const quiet = (await world.row(pollId)).message_gone && !operation.kind.repost;
  if (how === 'refused') refuseOnce(world);
  if (how === 'given up') world.discord.before = () => fail(serverError());
  if (how === 'lost') loseAnswer(world);
  const outcome = await world.deliver(operation.id, pollId);
  calm(world);
  if (outcome.type === 'done') model.shown(poll, quiet);
  if (how === 'unsettled') return await world.takeOver(operation.id);
  if (outcome.type === 'retry') {
    expect(how !== 'done' || poll.pinging, `not delivered: ${outcome.reason}`).toBe(true);
    if (how !== 'given up') return;
    await run.settle(job, { type: 'failed', code: outcome.code, reason: outcome.reason, scope: 'poll' });
    settled(item, poll, 'failed');
  } else {
    if (outcome.type === 'failed') expect(how).toBe('refused');
    await run.settle(job, outcome);
    settled(item, poll, outcome.type === 'done' ? 'done' : 'failed');
  }
  endIfDone(model, operation);
}

function settled(item: ModelItem, poll: ModelPoll, state: 'done' | 'failed'): void {
  item.state = state;
  poll.heldBy = null;
}

export function isQueued(operation: ModelOperation): boolean {
  return operation.state === 'queued';
}

/** Ends it if no poll waits any more. */
export function endIfDone(model: Model, operation: ModelOperation): void {
  if (!operation.items.some(({ state }) => state === 'applied')) end(model, operation);
}
