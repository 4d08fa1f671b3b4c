import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { admitQueued } from '../../../src/bulk/lifecycle/admission.ts';
import { cancelOperation, pauseOperation, resumeOperation } from '../../../src/bulk/lifecycle/control.ts';
import { queuePlace } from '../../../src/bulk/lifecycle/queue.ts';
import { runningMs } from '../../../src/bulk/operation.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { renderProgress } from '../../../src/bulk/progress/progress-embed.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import type { Db } from '../../../src/db/schema.ts';
import { minutes } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { actor, adminId, operationOf, plan, postedPolls, processName } from '../bulk-fixture.ts';

const by = { userId: adminId, processId: processName };
const names = { server: () => null, channel: () => null };

interface Asked {
  /** A letter; each has its own admin, unless told otherwise. */
  readonly server: string;
  readonly admin?: string;
  readonly processId?: string;
}

let minute = 1;
beforeEach(() => {
  minute = 1;
});

/** A confirmed operation, in the order in which they are asked for. */
async function queued(db: Db, { server, admin, processId = processName }: Asked): Promise<number> {
  const id = await plan(db, {
    serverId: guild(server),
    adminId: admin ?? `90000000000000055${server.charCodeAt(0) % 10}`,
  });
  const draft = await operationOf(db, id);
  minute += 1 / 60;
  await confirmDraft(db, draft, actor({ userId: draft.admin_id }), { processId, now: minutes(minute) });
  return id;
}

function guild(server: string): string {
  return `9000000000000006${String(server.charCodeAt(0)).padStart(2, '0')}`;
}

/** Admissions and ends one after the other until nothing waits; the order of the starts. */
async function startedInTurn(db: Db, limits = { maxConcurrent: 1, maxPerAdmin: 1 }): Promise<number[]> {
  const order: number[] = [];
  for (;;) {
    minute += 1;
    const admitted = await admitQueued(db, processName, limits, minutes(minute));
    if (admitted.length === 0) return order;
    order.push(...admitted);
    await end(db, ...admitted);
  }
}

async function end(db: Db, ...ids: number[]): Promise<void> {
  await db
    .updateTable('operations')
    .set({ state: 'completed', finished_at: minutes(minute) })
    .where('id', 'in', ids)
    .execute();
}

async function describeIt(db: Db, id: number): Promise<string> {
  const rows = await readProgress(db, id, minutes(minute));
  const body = renderProgress(rows, names, { serverId: null }, minutes(minute));
  return `${body.embeds?.[0]?.title}\n${body.embeds?.[0]?.description}`;
}

describeEachDatabase('the queue', (fresh) => {
  test('lets servers take turns, in order within one, and says each its place', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const a = [];
    for (let index = 0; index < 4; index += 1) a.push(await queued(db, { server: 'a' }));
    const b = [await queued(db, { server: 'b' }), await queued(db, { server: 'b' })];
    const c = await queued(db, { server: 'c' });
    const turns = [a[0], b[0], c, a[1], b[1], a[2], a[3]];
    const places = await Promise.all(
      turns.map(async (id) => await queuePlace(db, await operationOf(db, id!))),
    );
    expect(places).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await startedInTurn(db)).toEqual(turns);
  });

  test('goes on with the server whose turn was longest ago, also with what is asked for later', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const first = [await queued(db, { server: 'a' }), await queued(db, { server: 'a' })];
    expect(await admitQueued(db, processName, { maxConcurrent: 1, maxPerAdmin: 1 }, minutes(5))).toEqual([
      first[0],
    ]);
    const other = await queued(db, { server: 'b' });
    expect(await queuePlace(db, await operationOf(db, other))).toBe(1);
    await end(db, first[0]!);
    expect(await startedInTurn(db)).toEqual([other, first[1]]);
  });

  test('passes over what waits only for its admin’s own limit', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const own = [];
    for (let index = 0; index < 3; index += 1) own.push(await queued(db, { server: 'a', admin: adminId }));
    const other = await queued(db, { server: 'a' });
    const limits = { maxConcurrent: 3, maxPerAdmin: 2 };
    expect(await admitQueued(db, processName, limits, minutes(9))).toEqual([own[0], own[1], other]);
  });

  test('admits what another process owns, and passes over one whose owner does not renew its lease', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const dead = await queued(db, { server: 'a', processId: 'dead' });
    const foreign = await queued(db, { server: 'b', processId: 'another' });
    const own = await queued(db, { server: 'c' });
    await db
      .updateTable('operations')
      .set({ lease_until: sql<Date>`now() + interval '10 seconds'` })
      .where('id', '=', dead)
      .execute();
    const limits = { maxConcurrent: 2, maxPerAdmin: 2 };
    expect(await admitQueued(db, processName, limits, minutes(9))).toEqual([foreign, own]);
  });

  test('three paused operations hold no place', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const limits = { maxConcurrent: 3, maxPerAdmin: 2 };
    const paused = [];
    for (const server of ['a', 'b', 'c']) paused.push(await queued(db, { server }));
    await admitQueued(db, processName, limits, minutes(2));
    for (const id of paused) await pauseOperation(db, id, by, minutes(3));
    const others = [];
    for (const server of ['d', 'e', 'f']) others.push(await queued(db, { server }));
    expect(await admitQueued(db, processName, limits, minutes(4))).toEqual(others);
  });

  test('gives the next free slot to what was resumed, whose time stands still until then', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const limits = { maxConcurrent: 1, maxPerAdmin: 1 };
    const first = await queued(db, { server: 'a' });
    await admitQueued(db, processName, limits, minutes(2));
    await pauseOperation(db, first, by, minutes(3));
    const second = await queued(db, { server: 'b' });
    const third = await queued(db, { server: 'c' });
    await admitQueued(db, processName, limits, minutes(4));
    await resumeOperation(db, first, by, minutes(5));
    expect(await admitQueued(db, processName, limits, minutes(6))).toEqual([]);
    expect(await queuePlace(db, await operationOf(db, first))).toBe(1);
    expect(await queuePlace(db, await operationOf(db, third))).toBe(2);
    expect(await describeIt(db, first)).toMatch(/waiting to go on[\s\S]*waits for a free slot: place 1/);
    await end(db, second);
    expect(await admitQueued(db, processName, limits, minutes(10))).toEqual([first]);
    const going = await operationOf(db, first);
    expect(going).toMatchObject({ state: 'running', resumed_at: null, paused_at: null });
    expect(runningMs(going, minutes(10))).toBe(60_000);
    expect(await describeIt(db, first)).not.toContain('free slot');
  });

  test('what waits to go on can be paused again and cancelled, and its pauses add up', async () => {
    const db = await fresh();
    await postedPolls(db, 1);
    const limits = { maxConcurrent: 1, maxPerAdmin: 1 };
    const first = await queued(db, { server: 'a' });
    await admitQueued(db, processName, limits, minutes(2));
    await pauseOperation(db, first, by, minutes(3));
    await resumeOperation(db, first, by, minutes(4));
    await expect(resumeOperation(db, first, by, minutes(4))).rejects.toThrow('as soon as a slot is free');
    await pauseOperation(db, first, by, minutes(6));
    await resumeOperation(db, first, by, minutes(7));
    await cancelOperation(db, first, by, minutes(9));
    const operation = await operationOf(db, first);
    expect(operation.state).toBe('cancelling');
    expect(runningMs(operation, minutes(9))).toBe(60_000);
  });
});
