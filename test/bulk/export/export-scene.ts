import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { MessageBody, MessageFile } from '../../../src/base/message-body.ts';
import type { ExportRow } from '../../../src/bulk/export/export-row.ts';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import { OperationQueue } from '../../../src/bulk/run/operation-queue.ts';
import { type RunDeps, runOperation } from '../../../src/bulk/run/run-operation.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { Deliverer } from '../../../src/delivery/delivery-batch.ts';
import type { Messages, Sent } from '../../../src/delivery/messages/messages.ts';
import { minutes, serverId } from '../../polls/poll-fixture.ts';
import { later, processName, running } from '../bulk-fixture.ts';

export const kind = operationKind('export');
export const never = { stopping: new AbortController().signal, otherThan: () => new Promise<void>(() => {}) };
/** Sleeps for ever, so that no time limit ends what a test looks at. */
export const still: Clock = { ...systemClock, now: () => later, sleep: () => new Promise(() => {}) };

export const names = {
  server: () => 'Home',
  channel: () => ({ name: 'votes', serverId }),
};

/** Takes every file, or answers as told; whatever else is sent is a mistake. */
export class Inbox implements Partial<Messages> {
  readonly files: (MessageFile & { way: 'follow-up' | 'direct'; to: string; nonce?: string })[] = [];
  readonly contents: string[] = [];
  /** Answers of the next calls. */
  readonly answers: (Sent | (() => Promise<void>))[] = [];

  async followUp(token: string, body: MessageBody): Promise<Sent> {
    return await this.#take(body, { way: 'follow-up', to: token });
  }

  async direct(userId: string, body: MessageBody, nonce: string): Promise<Sent> {
    return await this.#take(body, { way: 'direct', to: userId, nonce });
  }

  async #take(
    body: MessageBody,
    how: { way: 'follow-up' | 'direct'; to: string; nonce?: string },
  ): Promise<Sent> {
    const next = this.answers.shift();
    if (typeof next === 'function') await next();
    else if (next) return next;
    for (const file of body.files ?? []) this.files.push({ ...file, ...how });
    this.contents.push(body.content ?? '');
    return { type: 'sent', channelId: '1', messageId: '2' };
  }
}

export function depsWith(db: Db, inbox: Inbox, more: Partial<RunDeps> = {}): RunDeps {
  return {
    db,
    messages: inbox as unknown as Messages,
    deliverer: {} as Deliverer,
    queue: new OperationQueue(1),
    names,
    clock: still,
    processId: processName,
    timeoutMs: 60_000,
    ...more,
  };
}

/** An export of every poll that is confirmed and runs. */
export function begin(db: Db, params: Record<string, unknown> = {}): Promise<Lease> {
  return running(db, { kind, params: kind.bind(params).params, filter: {}, targets: {} });
}

/** The whole export: what came, and the operation's result. */
export async function exported(db: Db, params: Record<string, unknown> = {}, more: Partial<RunDeps> = {}) {
  const inbox = new Inbox();
  const lease = await begin(db, params);
  const ended = await runOperation(depsWith(db, inbox, more), lease, never);
  return { inbox, lease, operation: ended!.operation };
}

export function textOf(file: MessageFile): string {
  return (file.name.endsWith('.gz') ? gunzipSync(file.data) : file.data).toString();
}

export function jsonOf(inbox: Inbox): ExportRow[] {
  return inbox.files.flatMap((file) => JSON.parse(textOf(file)) as ExportRow[]);
}

export function csvOf(inbox: Inbox): Record<string, string>[] {
  return inbox.files.flatMap((file) => parse(textOf(file), { columns: true }) as Record<string, string>[]);
}

/** Votes in this order, a minute apart. */
export async function givenVotes(
  db: Db,
  pollId: number,
  choices: readonly (readonly [string, number])[],
): Promise<void> {
  for (const [index, [user, position]] of choices.entries()) {
    await db
      .insertInto('votes')
      .values({ poll_id: pollId, position, user_id: user, created_at: minutes(index) })
      .execute();
  }
}

export const [ann, bob, cid] = ['900000000000000601', '900000000000000602', '900000000000000603'];

export async function countsOf(db: Db, lease: Lease) {
  const { done, failed, skipped, waiting } = await readProgress(db, lease.operationId, later);
  return { done, failed, skipped, waiting };
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
