import fc from 'fast-check';
import { expect } from 'vitest';
import { pauseOperation } from '../../src/bulk/lifecycle/control.ts';
import { purge } from '../../src/db/upkeep/purge.ts';
import { closePoll } from '../../src/polls/close-poll-store.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { interactionId, processName } from '../bulk/bulk-fixture.ts';
import { lostAnswer, refusal, serverError } from '../delivery/fake-discord.ts';
import { compare } from './compare.ts';
import { undoKind } from './kinds.ts';
import { isOver, type Model, type ModelItem, type ModelOperation, type ModelPoll } from './model.ts';
import {
  apply,
  cancel,
  end,
  mayBePurged,
  planned,
  plannedUndo,
  retried,
  undone,
  undoRefusal,
} from './model-operations.ts';
import type { World } from './world.ts';

export type Command = fc.AsyncCommand<Model, World>;

const hourMs = 3_600_000;
const by = { userId: null, process: processName };
const users = ['900000000000000601', '900000000000000602'];

/** A command with its words for the report; afterwards model and world have to agree. */
class Step implements Command {
  readonly #words: string;
  readonly #may: (model: Model) => boolean;
  readonly #run: (model: Model, world: World) => Promise<void>;

  constructor(
    words: string,
    may: (model: Model) => boolean,
    run: (model: Model, world: World) => Promise<void>,
  ) {
    this.#words = words;
    this.#may = may;
    this.#run = run;
  }

  check(model: Readonly<Model>): boolean {
    return this.#may(model as Model);
  }

  async run(model: Model, world: World): Promise<void> {
    model.turn += 1;
    model.now += 1000;
    world.now = model.now;
    // Minutes may lie between two steps: what comes once is not to rest on nonces.
    world.discord.forgetNonces();
    await this.#run(model, world);
    compare(model, await world.read(), this.#words);
  }

  toString(): string {
    return this.#words;
  }
}

/** The `index`-th of what there is, around and around. */
function pick<T>(all: readonly T[], index: number): T {
  return all[index % all.length]!;
}

/** A step on one of the operations that fit. */
function onOperation(
  words: string,
  index: number,
  fits: (operation: ModelOperation, model: Model) => boolean,
  run: (operation: ModelOperation, model: Model, world: World) => Promise<void>,
): Step {
  const fitting = (model: Model) => model.operations.filter((operation) => fits(operation, model));
  return new Step(
    `${words}(${index})`,
    (model) => fitting(model).length > 0,
    (model, world) => run(pick(fitting(model), index), model, world),
  );
}

function onPoll(
  words: string,
  index: number,
  fits: (poll: ModelPoll) => boolean,
  run: (poll: ModelPoll, model: Model, world: World) => Promise<void>,
): Step {
  const fitting = (model: Model) => [...model.polls.values()].filter((poll) => !poll.purged && fits(poll));
  return new Step(
    `${words}(${index})`,
    (model) => fitting(model).length > 0,
    (model, world) => run(pick(fitting(model), index), model, world),
  );
}

export const step = {
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

  /** Of one where that is not refused: few have failures. */
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

  deliver: (index: number, poll: number, how: Delivery) =>
    onOperation(`deliver ${how}, ${poll} of `, index, isRunning, async (operation, model, world) => {
      const waiting = operation.items.filter(({ state }) => state === 'applied');
      await delivered(model, world, operation, pick(waiting, poll).poll, how);
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

  sweep: (index: number, how: 'done' | 'refused') =>
    onPoll(
      `sweep ${how} `,
      index,
      ({ pinging }) => !pinging,
      async (poll, model, world) => {
        if (how === 'refused') refuseOnce(world);
        const outcome = await world.sweep(poll.id);
        calm(world);
        if (outcome?.type === 'done') model.shown(poll, false);
      },
    ),

  /** The ping of an opening is sent; its answer is under way until `pingLands`. */
  ping: (index: number) =>
    onPoll('ping', index, owesPing, async (poll, model, world) => {
      const outcome = await world.holdPing(poll.id);
      poll.pinging = outcome === 'sent';
      if (poll.pinging || (outcome !== 'sent' && outcome?.type === 'done')) model.shown(poll, false);
    }),

  pingLands: (index: number) =>
    onPoll(
      'pingLands',
      index,
      ({ pinging }) => pinging,
      async (poll, _model, world) => {
        await world.landPing(poll.id);
        poll.pinging = false;
      },
    ),

  removeByHand: (index: number) =>
    onPoll(
      'removeByHand',
      index,
      () => true,
      async (poll, _model, world) => {
        const { message_id } = await world.row(poll.id);
        if (message_id !== null) world.discord.messages.delete(message_id);
      },
    ),

  vote: (poll: number, user: number, option: number) =>
    onPoll(
      `vote ${user} for ${option} in `,
      poll,
      ({ is }) => is.deletedAt === null,
      async (of, model, world) => {
        const wanted = model.vote(of, pick(users, user), option);
        expect((await world.vote(of.id, pick(users, user), option)).type).toBe(wanted);
      },
    ),

  closeOne: (index: number) =>
    onPoll(
      'closeOne',
      index,
      ({ is }) => is.deletedAt === null,
      async (poll, model, world) => {
        const close = closePoll(world.db, everyServer, {
          pollId: poll.id,
          interactionId: interactionId(),
          now: world.date,
        });
        if (poll.heldBy !== null || poll.is.status === 'closed') {
          return await expect(close).rejects.toThrow(poll.heldBy === null ? 'already closed' : 'held by');
        }
        await close;
        model.become(poll, { status: 'closed', closedAt: model.now });
        poll.owed = null;
      },
    ),

  wait: (hours: number) =>
    new Step(
      `wait(${hours})`,
      () => true,
      async (model, world) => {
        model.now += hours * hourMs;
        world.now = model.now;
        await world.schedule();
        model.schedule();
      },
    ),

  purge: () =>
    new Step(
      'purge()',
      () => true,
      async (model, world) => {
        await purge(world.db, world.date, { deletedRetentionDays: 1, historyRetentionDays: 365 });
        const left = new Set((await world.read()).polls.map(({ id }) => id));
        for (const poll of model.polls.values()) {
          if (poll.purged || left.has(poll.id)) continue;
          expect(mayBePurged(model, poll, 24 * hourMs), `poll ${poll.id} was purged`).toBe(true);
          poll.purged = true;
        }
      },
    ),
};

type Delivery = 'done' | 'refused' | 'given up' | 'lost' | 'unsettled';

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

/** The undo as a draft; null where it is refused. */
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

function endIfDone(model: Model, operation: ModelOperation): void {
  if (!operation.items.some(({ state }) => state === 'applied')) end(model, operation);
}

function isRunning(operation: ModelOperation): boolean {
  return operation.state === 'running';
}

function isQueued(operation: ModelOperation): boolean {
  return operation.state === 'queued';
}

function isUnderWay({ state }: ModelOperation): boolean {
  return state === 'running' || state === 'paused';
}

function owesPing({ owed, is, pinging }: ModelPoll): boolean {
  return owed !== null && is.status === 'active' && is.deletedAt === null && !pinging;
}

/** Another delivery of one of its polls is under way, which this one waits for. */
function isHeldUp(operation: ModelOperation, model: Model): boolean {
  return operation.items.some(({ poll, state }) => state === 'applied' && model.polls.get(poll)!.pinging);
}

export async function finished(operation: ModelOperation, model: Model, world: World): Promise<void> {
  for (const { poll, state } of operation.items) {
    if (state === 'applied') await delivered(model, world, operation, poll, 'done');
  }
}

async function delivered(
  model: Model,
  world: World,
  operation: ModelOperation,
  pollId: number,
  how: Delivery,
): Promise<void> {
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

function refuseOnce(world: World): void {
  world.discord.before = () => fail(refusal(403, 50001, 'Missing Access'));
}

/** Discord does what is asked, and the answer is lost: but for pings, which are another matter. */
function loseAnswer(world: World): void {
  world.discord.after = ({ options }) => {
    const body = options.body as { content?: string } | undefined;
    if (!body?.content?.startsWith('<@&')) fail(lostAnswer());
  };
}

function fail(error: Error): never {
  throw error;
}

function calm(world: World): void {
  world.discord.before = () => undefined;
  world.discord.after = () => undefined;
}

const index = fc.nat(3);
const some = fc.subarray([1, 2, 3], { minLength: 1 });
const plan = fc.tuple(fc.nat(2), some).map(([kind, polls]) => step.plan(kind, polls));
const begin = fc.tuple(fc.nat(2), some).map(([kind, polls]) => step.begin(kind, polls));
const vote = fc
  .tuple(index, fc.nat(users.length - 1), fc.nat(2))
  .map(([poll, user, option]) => step.vote(poll, user, option));
const deliver = fc
  .tuple(index, index, fc.constantFrom<Delivery>('done', 'refused', 'given up', 'lost', 'unsettled'))
  .map(([operation, poll, how]) => step.deliver(operation, poll, how));
const sweep = fc
  .tuple(index, fc.constantFrom('done' as const, 'refused' as const))
  .map(([poll, how]) => step.sweep(poll, how));
const wait = fc.constantFrom(1, 1, 3, 26).map(step.wait);

/** The commands; those without which little happens more than once. */
export const commands = [
  plan,
  index.map(step.confirm),
  begin,
  begin,
  begin,
  begin,
  index.map(step.finish),
  index.map(step.finish),
  deliver,
  deliver,
  index.map(step.undo),
  index.map(step.beginUndo),
  index.map(step.beginUndo),
  index.map(step.retry),
  index.map(step.beginRetry),
  index.map(step.beginRetry),
  index.map(step.beginRetry),
  index.map(step.queueRetry),
  index.map(step.queueRetry),
  index.map(step.start),
  index.map(step.start),
  index.map(step.cancel),
  index.map(step.cancel),
  index.map(step.abort),
  index.map(step.pause),
  index.map(step.resume),
  index.map(step.timeOut),
  index.map(step.timeOut),
  index.map(step.crash),
  sweep,
  index.map(step.ping),
  index.map(step.ping),
  index.map(step.pingLands),
  index.map(step.removeByHand),
  vote,
  vote,
  vote,
  index.map(step.closeOne),
  wait,
  fc.constant(null).map(step.purge),
];
