import { sql, type Updateable } from 'kysely';
import { expect } from 'vitest';
import { AutoResetEvent } from '../../../src/base/auto-reset-event.ts';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import type { OperationRow } from '../../../src/bulk/operation.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { OperationQueue } from '../../../src/bulk/run/operation-queue.ts';
import { type RunDeps, runOperation } from '../../../src/bulk/run/run-operation.ts';
import type { Db, PollTable } from '../../../src/db/schema.ts';
import { now } from '../../polls/poll-fixture.ts';
import { actor, asking, dump, later, operationOf, postedPolls, processName, start } from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';

/** A kind, polls it applies to, and what it makes of them. */
export interface Line {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What differs in its polls from active ones with two voters each. */
  readonly from: Updateable<PollTable>;
  readonly becomes: Readonly<Record<string, unknown>>;
  /** Votes a poll keeps; default both. */
  readonly votes?: 0;
  /** Why it is not done again. */
  readonly again: RegExp;
}

export async function given(db: Db, line: Line, count = 4): Promise<number[]> {
  const ids = await postedPolls(db, Math.min(count, 4));
  // The many are copies of the last one: making each by itself takes its time.
  const { rows } = await sql<{ id: number }>`
    insert into polls (question, guild_id, channel_id, creator_id, status, created_at, interaction_id, message_id,
      shown_revision, sent_revision)
    select question, guild_id, channel_id, creator_id, status, created_at, 'copy ' || copy, (message_id::bigint + copy)::text, 1, 1
    from polls, generate_series(1, ${count - ids.length}) as copy where id = ${ids.at(-1)!}
    returning id`.execute(db);
  const all = [...ids, ...rows.map((row) => row.id)];
  await sql`
    insert into poll_options (poll_id, position, label)
    select copy.id, position, label from poll_options, unnest(${rows.map((row) => row.id)}::int[]) as copy (id)
    where poll_id = ${ids.at(-1)!}`.execute(db);
  await sql`
    insert into votes (poll_id, position, user_id, created_at)
    select id, choice, '90000000000000080' || choice, ${now}
    from unnest(${all}::int[]) as poll (id), generate_series(0, 1) as choice`.execute(db);
  if (Object.keys(line.from).length > 0) await db.updateTable('polls').set(line.from).execute();
  return all;
}

export function request({ kind: name, options }: Line, ids: readonly number[]) {
  const kind = operationKind(name);
  return { kind, params: readParams(kind, options, now), filter: { ids } };
}

/** The run of one operation by one process, up to its end or until it is stopped. */
export function run(db: Db, lease: Lease, deliverer = new ShowingDeliverer(db), processId = processName) {
  const changed = new AutoResetEvent();
  const stopping = new AbortController();
  const deps = {
    db,
    deliverer,
    queue: new OperationQueue(1),
    processId,
    timeoutMs: 30 * 60_000,
    // Nothing here writes messages of its own.
    messages: {},
    clock: {
      now: () => later,
      sleep: (_ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
    },
  } as unknown as RunDeps;
  const ended = runOperation(deps, lease, { stopping: stopping.signal, otherThan: () => changed.wait() });
  return {
    wake: () => changed.set(),
    /** As a crash between two messages: nothing more is written. */
    crash: () => {
      stopping.abort();
    },
    ended,
    result: async (): Promise<OperationRow> => (await ended)!.operation,
  };
}

export async function expectChanged(db: Db, line: Line, ids: readonly number[]): Promise<void> {
  const polls = await db.selectFrom('polls').selectAll().where('id', 'in', ids).execute();
  expect(polls).toHaveLength(ids.length);
  for (const poll of polls) {
    expect(poll).toMatchObject({ ...line.becomes, version: 2, held_by: null });
  }
  const votes = await db.selectFrom('votes').select('poll_id').where('poll_id', 'in', ids).execute();
  expect(votes).toHaveLength((line.votes ?? 2) * ids.length);
}

export async function undo(db: Db, original: OperationRow, total: number): Promise<OperationRow> {
  const draft = await operationOf(
    db,
    await planUndo(db, original, asking(), { processId: processName, now: later }),
  );
  expect(draft.total).toBe(total);
  const confirmed = (await confirmDraft(db, draft, actor(), { processId: processName, now: later }))!;
  return await run(db, await start(db, confirmed)).result();
}

/** What `dump` tells of these polls alone. */
export async function dumpOf(db: Db, ids: readonly number[]) {
  const { polls, votes } = await dump(db);
  return {
    polls: polls.filter((poll) => ids.includes(poll.id)),
    votes: votes.filter((vote) => ids.includes(vote.poll_id)),
  };
}

/** The only operation, in the hands of another process, after its owner's lease has run out. */
export async function takenOver(db: Db): Promise<Lease> {
  await db.updateTable('operations').set({ lease_until: null }).execute();
  const [lease] = await takeOver(db, 'another', later);
  return lease!;
}
