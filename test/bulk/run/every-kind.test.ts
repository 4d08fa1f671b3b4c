import { sql, type Updateable } from 'kysely';
import { expect, test } from 'vitest';
import { AutoResetEvent } from '../../../src/base/auto-reset-event.ts';
import { operationKind, operationKinds } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { takeOver } from '../../../src/bulk/lifecycle/lease.ts';
import type { OperationRow } from '../../../src/bulk/operation.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import { OperationQueue } from '../../../src/bulk/run/operation-queue.ts';
import { type RunDeps, runOperation } from '../../../src/bulk/run/run-operation.ts';
import type { Db, PollTable } from '../../../src/db/schema.ts';
import type { DeliveryJob } from '../../../src/delivery/delivery-batch.ts';
import { channelId, minutes, now, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { applyPlanned } from '../apply-planned.ts';
import {
  actor,
  asking,
  dump,
  itemStates,
  later,
  operationOf,
  plan,
  postedPolls,
  processName,
  running,
  start,
} from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';

/** A kind, polls it applies to, and what it makes of them. */
interface Line {
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

const roleId = '900000000000000701';

const lines: readonly Line[] = [
  {
    kind: 'close',
    options: {},
    from: { closes_at: minutes(600) },
    becomes: { status: 'closed', closes_at: minutes(600), closed_at: later },
    again: /already closed/,
  },
  {
    kind: 'delete',
    options: {},
    from: { closes_at: minutes(600) },
    becomes: { status: 'active', deleted_at: later },
    again: /not found/,
  },
  {
    kind: 'reopen',
    options: { extend_hours: 5, reset_votes: true },
    from: { status: 'closed', closes_at: minutes(-10), closed_at: minutes(-10) },
    becomes: { status: 'active', closes_at: minutes(300), closed_at: null },
    votes: 0,
    again: /already active/,
  },
  {
    kind: 'status',
    options: { to: 'scheduled', opens: '2h', closes: '2026-11-02 12:00' },
    from: { timezone: 'Europe/Berlin', opens_at: minutes(-60) },
    becomes: { status: 'scheduled', opens_at: minutes(120), closes_at: new Date('2026-11-02T11:00:00Z') },
    again: /already scheduled/,
  },
  {
    kind: 'settings',
    options: {
      timezone: 'Europe/Berlin',
      max_choices: 2,
      closes: '2026-11-02 12:00',
      ping_role: roleId,
    },
    from: { closes_at: minutes(600) },
    becomes: {
      status: 'active',
      timezone: 'Europe/Berlin',
      max_choices: 2,
      closes_at: new Date('2026-11-02T11:00:00Z'),
      ping_role_id: roleId,
    },
    again: /already has these settings/,
  },
];

test('every kind that changes polls stands in the table', () => {
  const changing = operationKinds.filter((kind) => kind.undoRefusal === null).map((kind) => kind.name);
  expect(lines.map((line) => line.kind).sort()).toEqual(changing.sort());
});

async function given(db: Db, line: Line, count = 4): Promise<number[]> {
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

function request({ kind: name, options }: Line, ids: readonly number[]) {
  const kind = operationKind(name);
  return { kind, params: readParams(kind, options, now), filter: { ids } };
}

/** The run of one operation by one process, up to its end or until it is stopped. */
function run(db: Db, lease: Lease, deliverer = new ShowingDeliverer(db), processId = processName) {
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

async function expectChanged(db: Db, line: Line, ids: readonly number[]): Promise<void> {
  const polls = await db.selectFrom('polls').selectAll().where('id', 'in', ids).execute();
  expect(polls).toHaveLength(ids.length);
  for (const poll of polls) {
    expect(poll).toMatchObject({ ...line.becomes, version: 2, held_by: null });
  }
  const votes = await db.selectFrom('votes').select('poll_id').where('poll_id', 'in', ids).execute();
  expect(votes).toHaveLength((line.votes ?? 2) * ids.length);
}

async function undo(db: Db, original: OperationRow, total: number): Promise<OperationRow> {
  const draft = await operationOf(db, await planUndo(db, original, asking(), processName, later));
  expect(draft.total).toBe(total);
  const confirmed = (await confirmDraft(db, draft, actor(), processName, later))!;
  return await run(db, await start(db, confirmed)).result();
}

/** What `dump` tells of these polls alone. */
async function dumpOf(db: Db, ids: readonly number[]) {
  const { polls, votes } = await dump(db);
  return {
    polls: polls.filter((poll) => ids.includes(poll.id)),
    votes: votes.filter((vote) => ids.includes(vote.poll_id)),
  };
}

const by = { userId: null, processId: processName };

for (const line of lines) {
  describeEachDatabase(`${line.kind}, as every kind of operation,`, (fresh) => {
    test('changes what its preview planned, and would not do so again', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const lease = await running(db, request(line, ids));
      expect(await itemStates(db, lease.operationId)).toEqual(
        Object.fromEntries(ids.map((id) => [id, 'planned'])),
      );
      expect(await run(db, lease).result()).toMatchObject({ state: 'completed', total: 4 });
      await expectChanged(db, line, ids);
      const again = plan(db, request(line, ids)).then((id) => itemStates(db, id));
      const reasons = await again.then(
        (items) => Object.values(items),
        (error: Error) => [error.message],
      );
      for (const reason of reasons) expect(reason).toMatch(line.again);
    });

    test('retries exactly what failed without changing it twice, and undo takes all of it back', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const before = await dump(db);
      const deliverer = new ShowingDeliverer(db);
      deliverer.refused.add(ids[0]!).add(ids[2]!);
      const original = await run(db, await running(db, request(line, ids)), deliverer).result();
      expect(original.state).toBe('completed with failures');
      await expectChanged(db, line, ids);

      const asked = { actor: actor(), serverId, channelId, locale: 'en-US', processId: processName };
      const retry = (await startRetry(db, original, asked, later))!;
      const again = new ShowingDeliverer(db);
      const ended = await run(db, await start(db, retry), again).result();
      expect(ended).toMatchObject({ state: 'completed', total: 2 });
      expect(again.shown).toEqual([ids[0], ids[2]]);
      await expectChanged(db, line, ids);

      expect((await undo(db, original, 4)).state).toBe('completed');
      expect(await dump(db)).toEqual(before);
    });

    test('cancelled in the middle puts back what no message shows, failed ones included', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const [failed, shown, ...waiting] = ids as [number, number, ...number[]];
      const before = await dumpOf(db, [failed, ...waiting]);
      const deliverer = new ShowingDeliverer(db);
      deliverer.refused.add(failed);
      const lease = await running(db, request(line, ids));
      deliverer.beforeEach = async ({ pollId }: DeliveryJob) => {
        if (pollId !== shown) return;
        await cancelOperation(db, lease.operationId, by, later);
        cancelled.wake();
      };
      const cancelled = run(db, lease, deliverer);
      const result = await cancelled.result();
      expect(result.state).toBe('cancelled');
      expect(await dumpOf(db, [failed, ...waiting])).toEqual(before);
      await expectChanged(db, line, [shown]);
      const states = await itemStates(db, lease.operationId);
      expect(states).toEqual({
        [shown]: 'done',
        ...Object.fromEntries([failed, ...waiting].map((id) => [id, 'skipped: cancelled, put back'])),
      });
      expect((await undo(db, result, 1)).state).toBe('completed');
    });

    test('touches no message while it is paused, and goes on where it was', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const lease = await running(db, request(line, ids));
      const deliverer = new ShowingDeliverer(db);
      deliverer.beforeEach = async ({ pollId }: DeliveryJob) => {
        if (pollId !== ids[1]) return;
        await pauseOperation(db, lease.operationId, by, later);
        paused.wake();
      };
      const paused = run(db, lease, deliverer);
      await deliverer.stopped;
      expect(deliverer.shown).toEqual(ids.slice(0, 2));
      await resumeOperation(db, lease.operationId, by, later);
      await admitQueued(db, processName, { maxConcurrent: 1, maxPerAdmin: 1 }, later);
      paused.wake();
      expect((await paused.result()).state).toBe('completed');
      expect(deliverer.shown).toEqual(ids);
      await expectChanged(db, line, ids);
    });

    test('goes on after a crash between two messages', async () => {
      const db = await fresh();
      const ids = await given(db, line);
      const lease = await running(db, request(line, ids));
      const deliverer = new ShowingDeliverer(db);
      deliverer.beforeEach = async ({ pollId }: DeliveryJob) => {
        if (pollId === ids[1]) crashed.crash();
      };
      const crashed = run(db, lease, deliverer);
      expect(await crashed.ended).toBeNull();
      const rest = new ShowingDeliverer(db);
      const result = await run(db, await takenOver(db), rest, 'another').result();
      expect(result).toMatchObject({ state: 'completed', owner: 'another' });
      expect([...deliverer.shown, ...rest.shown]).toEqual(ids);
      await expectChanged(db, line, ids);
    });

    test('killed in the middle of changing its polls changes each once, and can be undone', async () => {
      const db = await fresh();
      const ids = await given(db, line, 250);
      const before = await dump(db);
      const lease = await running(db, request(line, ids));
      let chunks = 0;
      await applyPlanned(
        db,
        lease,
        () => later,
        () => chunks++ < 1,
        200,
      );
      const states = Object.values(await itemStates(db, lease.operationId));
      expect(new Set(states)).toEqual(new Set(['applied', 'planned']));
      const result = await run(db, await takenOver(db), new ShowingDeliverer(db), 'another').result();
      expect(result.state).toBe('completed');
      await expectChanged(db, line, ids);
      expect((await undo(db, result, 250)).state).toBe('completed');
      expect(await dump(db)).toEqual(before);
    });
  });
}

/** The only operation, in the hands of another process, after its owner's lease has run out. */
async function takenOver(db: Db): Promise<Lease> {
  await db.updateTable('operations').set({ lease_until: null }).execute();
  const [lease] = await takeOver(db, 'another', later);
  return lease!;
}
