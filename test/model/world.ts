import { operationKind } from '../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../src/bulk/kinds/read-params.ts';
import { cancelOperation, resumeOperation } from '../../src/bulk/lifecycle/control.ts';
import type { Lease } from '../../src/bulk/lifecycle/fence.ts';
import { takeOver } from '../../src/bulk/lifecycle/lease.ts';
import { confirmDraft } from '../../src/bulk/plan/confirm.ts';
import { planOperation } from '../../src/bulk/plan/plan.ts';
import { planUndo } from '../../src/bulk/plan/plan-undo.ts';
import { startRetry } from '../../src/bulk/plan/retry.ts';
import { abortOperation } from '../../src/bulk/run/finish-operation.ts';
import { OperationQueue } from '../../src/bulk/run/operation-queue.ts';
import type { RunDeps } from '../../src/bulk/run/run-operation.ts';
import type { Db } from '../../src/db/schema.ts';
import type { Outcome } from '../../src/delivery/outcome.ts';
import { closeDue, openDue } from '../../src/polls/due-store.ts';
import { createPoll } from '../../src/polls/poll-store.ts';
import type { VoteResult } from '../../src/polls/votes/vote.ts';
import { castVote } from '../../src/polls/votes/vote-store.ts';
import { actor, asking, interactionId, operationOf, planRequest, processName } from '../bulk/bulk-fixture.ts';
import { FakeDiscord } from '../delivery/fake-discord.ts';
import { newPoll, serverId } from '../polls/poll-fixture.ts';
import type { Kind } from './model.ts';
import { type Before, type Reading, readBefore, readWorld } from './reading.ts';
import { Run } from './run.ts';
import { Senders } from './senders.ts';

const limits = { maxPolls: 1000, confirmDelayMs: 0 };
/** Longer than any pause or time of the model lasts. */
const timeoutMs = 1000 * 24 * 60 * 60_000;

/** The bot without its edge: its stores, the run of each operation, delivery, and a Discord in memory. */
export class World {
  readonly db: Db;
  readonly discord = new FakeDiscord();
  readonly senders: Senders;
  readonly runs = new Map<number, Run>();
  /** Milliseconds; votes are dated by the database's own clock. */
  now: number;
  #processes = 0;
  #before: Before = { polls: 0, operations: 0 };

  constructor(db: Db, now: number) {
    this.db = db;
    this.senders = new Senders(db, this.discord);
    this.now = now;
  }

  get date(): Date {
    return new Date(this.now);
  }

  async open(): Promise<void> {
    this.#before = await readBefore(this.db);
  }

  /** A poll in a channel of its own, shown. */
  async poll(changes: { opensAt?: Date; closesAt?: Date; pingRoleId?: string }): Promise<number> {
    const input = newPoll(interactionId(), { ...changes, now: this.date });
    const { poll } = await createPoll(this.db, { ...input, channelId: channelOf(interactionId()) });
    await this.senders.deliver(poll!.id, {
      repost: true,
      respectHolds: true,
      respectParks: true,
      priority: 1,
    });
    return poll!.id;
  }

  async plan(kind: Kind, polls: readonly number[]): Promise<number> {
    const real = operationKind(kind.name);
    const params = readParams(real, kind.options, this.date);
    const request = planRequest({ kind: real, params, filter: { ids: polls } });
    return await planOperation(this.db, request, limits, { processId: processName, now: this.date });
  }

  async planUndo(operationId: number): Promise<number> {
    return await planUndo(this.db, await operationOf(this.db, operationId), asking(), {
      processId: processName,
      now: this.date,
    });
  }

  async confirm(operationId: number): Promise<void> {
    const draft = await operationOf(this.db, operationId);
    const confirmed = await confirmDraft(this.db, draft, actor(), { processId: processName, now: this.date });
    if (!confirmed) throw new Error(`draft ${operationId} was not confirmed`);
    await this.start(operationId);
  }

  /** The retry of what failed, which waits in the queue. */
  async retry(operationId: number): Promise<number> {
    const original = await operationOf(this.db, operationId);
    const request = {
      actor: actor(),
      serverId,
      channelId: original.channel_id,
      locale: 'en',
      processId: processName,
    };
    return (await startRetry(this.db, original, request, this.date))!.id;
  }

  /** Gives it the next free slot, and returns once its changes are committed. */
  async start(operationId: number): Promise<void> {
    const { fence } = await this.db
      .updateTable('operations')
      .set({ state: 'running', started_at: this.date })
      .where('id', '=', operationId)
      .returning('fence')
      .executeTakeFirstOrThrow();
    await this.#run({ operationId, fence }, processName);
  }

  /** Cancels it, under way or in the queue, and returns once it has ended. */
  async cancel(operationId: number): Promise<void> {
    const by = { userId: null, processId: processName };
    const press = () => cancelOperation(this.db, operationId, by, this.date);
    const run = this.runs.get(operationId);
    if (run) return await run.cancel(press);
    await press();
    const { fence } = await operationOf(this.db, operationId);
    await this.#run({ operationId, fence }, processName);
  }

  /** Ends it as a whole, under way or in the queue. */
  async abort(operationId: number): Promise<void> {
    await this.#crash(operationId);
    const { fence } = await operationOf(this.db, operationId);
    await abortOperation(this.db, { operationId, fence }, 'Discord refuses the token', this.date);
  }

  /** Resumes it in the next free slot, which is there. */
  async resume(operationId: number): Promise<void> {
    const by = { userId: null, processId: processName };
    await resumeOperation(this.db, operationId, by, this.date);
    await this.db
      .updateTable('operations')
      .set({ state: 'running' })
      .where('id', '=', operationId)
      .where('state', '=', 'queued')
      .execute();
  }

  async #run(lease: Lease, processId: string): Promise<void> {
    const { state } = await operationOf(this.db, lease.operationId);
    const run = new Run(processId, state === 'paused');
    this.runs.set(lease.operationId, run);
    await run.begin(this.#deps(run), lease);
  }

  #deps(run: Run): RunDeps {
    const clock = {
      now: () => this.date,
      monotonic: () => this.now,
      sleep: (ms: number, signal?: AbortSignal) => run.sleep(ms, signal),
    };
    // Nothing here writes messages of its own.
    const { processId } = run;
    return {
      db: this.db,
      deliverer: run,
      queue: new OperationQueue(1),
      processId,
      timeoutMs,
      messages: {},
      clock,
    } as unknown as RunDeps;
  }

  async #crash(operationId: number): Promise<void> {
    const crashed = this.runs.get(operationId);
    if (!crashed) return;
    await crashed.crash();
    // Its claims end by themselves after a while.
    await this.db
      .updateTable('polls')
      .set({ sender: null })
      .where('sender', '=', crashed.processId)
      .execute();
  }

  /** The process that runs it dies; another one takes over what it leaves. */
  async takeOver(operationId: number): Promise<void> {
    await this.#crash(operationId);
    await this.db
      .updateTable('operations')
      .set({ lease_until: null })
      .where('id', '=', operationId)
      .execute();
    this.#processes += 1;
    const processId = `process ${this.#processes}`;
    const taken = await takeOver(this.db, processId, this.date);
    const lease = taken.find((one) => one.operationId === operationId);
    if (!lease) throw new Error(`operation ${operationId} was not taken over`);
    await this.#run(lease, processId);
  }

  /** One attempt of an operation's delivery. */
  async deliver(operationId: number, pollId: number): Promise<Outcome> {
    const { handler, processId } = this.runs.get(operationId)!;
    const options = { repost: handler.repost, respectHolds: false, respectParks: false, priority: 0 };
    return await this.senders.deliver(pollId, options, processId);
  }

  /** Discord lets the bot in again. */
  async unpark(): Promise<void> {
    await this.db.updateTable('polls').set({ parked_code: null, parked_reason: null }).execute();
  }

  async vote(pollId: number, userId: string, position: number): Promise<VoteResult> {
    const { channel_id: channelId, message_id } = await this.row(pollId);
    const press = { pollId, position, userId, interactionId: interactionId(), serverId, channelId };
    return await castVote(this.db, { ...press, messageId: message_id ?? '1' });
  }

  async schedule(): Promise<void> {
    await openDue(this.db, this.date);
    await closeDue(this.db, this.date);
  }

  async row(pollId: number) {
    return await this.db.selectFrom('polls').selectAll().where('id', '=', pollId).executeTakeFirstOrThrow();
  }

  /** The living messages that show this poll: in its own channel, with its buttons or its number. */
  messagesOf(channelId: string): { id: string; isPing: boolean; body: Record<string, unknown> }[] {
    return [...this.discord.messages.values()]
      .filter((message) => message.channel_id === channelId)
      .map((message) => ({
        id: message.id,
        isPing: String(message.content ?? '').startsWith('<@&'),
        body: message as Record<string, unknown>,
      }));
  }

  /** Everything that the model has a word about. */
  async read(): Promise<Reading> {
    return await readWorld(this.db, this.#before);
  }
}

function channelOf(interaction: string): string {
  return `9${interaction.slice(1)}`;
}
