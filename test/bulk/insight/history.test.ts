import { describe, expect, test } from 'vitest';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import { renderHistory } from '../../../src/bulk/insight/history-embed.ts';
import {
  checkHistoryQuery,
  type HistoryQuery,
  historyStatuses,
  historyTypes,
} from '../../../src/bulk/insight/history-query.ts';
import { type HistoryRow, readHistory } from '../../../src/bulk/insight/history-store.ts';
import { mayControl } from '../../../src/bulk/lifecycle/control.ts';
import { loadOperation } from '../../../src/bulk/operation-store.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { minutes, now, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { plan, postedPolls } from '../bulk-fixture.ts';
import { madeOperation } from '../operation-rows.ts';

const all: HistoryQuery = { limit: 10, offset: 0, type: null, status: null, adminId: null };
const foreign = '900000000000000002';

describeEachDatabase('history', (fresh) => {
  test('lists confirmed operations newest first, a page at a time, with what became of their polls', async () => {
    const db = await fresh();
    const polls = await postedPolls(db, 3);
    await plan(db);
    const ids: number[] = [];
    for (let index = 0; index < 5; index++) ids.push(await madeOperation(db, { at: minutes(index) }));
    const [first, second, third] = polls as [number, number, number];
    const failed = [{ poll: second, message: 'no access', code: '50001' }];
    ids.push(
      await madeOperation(db, { state: 'completed with failures', done: [first], failed, skipped: [third] }),
    );
    const page = await readHistory(db, everyServer, { ...all, limit: 2, offset: 1 });
    expect(page.total).toBe(6);
    expect(page.operations.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
    const [latest] = (await readHistory(db, everyServer, all)).operations;
    expect(latest).toMatchObject({ id: ids[5], done: 1, failed: 1, skipped: 1, total: 3 });
  });

  test('filters by type, result and admin, together', async () => {
    const db = await fresh();
    const other = '900000000000000999';
    const close = await madeOperation(db);
    const undo = await madeOperation(db, { kind: 'undo', adminId: other });
    const failed = await madeOperation(db, { kind: 'undo', state: 'failed' });
    const retry = await madeOperation(db, { retryOf: close, state: 'timed out' });
    const running = await madeOperation(db, { state: 'running' });
    const found = async (query: Partial<HistoryQuery>) =>
      (await readHistory(db, everyServer, { ...all, ...query })).operations.map(({ id }) => id);
    expect(await found({ type: 'undo' })).toEqual([failed, undo]);
    expect(await found({ type: 'close' })).toEqual([running, retry, close]);
    expect(await found({ type: 'retry' })).toEqual([retry]);
    expect(await found({ status: 'failed' })).toEqual([failed]);
    expect(await found({ status: 'running' })).toEqual([running]);
    expect(await found({ adminId: other })).toEqual([undo]);
    expect(await found({ type: 'undo', status: 'completed', adminId: other })).toEqual([undo]);
    expect(await found({ type: 'close', adminId: other })).toEqual([]);
  });

  test("shows server admins their colleagues' operations and none of another server", async () => {
    const db = await fresh();
    const [own, outside] = (await postedPolls(db, 2)) as [number, number];
    await db.updateTable('polls').set({ guild_id: foreign }).where('id', '=', outside).execute();
    const colleague = await madeOperation(db, { adminId: '900000000000000888' });
    const elsewhere = await madeOperation(db, { scope: foreign });
    const overall = await madeOperation(db, { scope: null, done: [own, outside] });
    const onlyHere = await madeOperation(db, { scope: null, done: [own] });
    const onlyThere = await madeOperation(db, { scope: null, done: [outside] });
    const seen = async (scope: Parameters<typeof readHistory>[1]) => {
      const { total, operations } = await readHistory(db, scope, all);
      expect(total).toBe(operations.length);
      return operations.map(({ id }) => id);
    };
    expect(await seen(oneServer(serverId))).toEqual([onlyHere, colleague]);
    expect(await seen(oneServer(foreign))).toEqual([onlyThere, elsewhere]);
    expect(await seen(everyServer)).toEqual([onlyThere, onlyHere, overall, elsewhere, colleague]);
  });

  test('shows nobody more, nor less, once polls of an operation are purged', async () => {
    const db = await fresh();
    const [own, gone, outside] = (await postedPolls(db, 3)) as [number, number, number];
    await db.updateTable('polls').set({ guild_id: foreign }).where('id', '=', outside).execute();
    const overall = await madeOperation(db, { scope: null, done: [own, outside] });
    const onlyHere = await madeOperation(db, { scope: null, done: [gone] });
    await db.deleteFrom('polls').where('id', 'in', [gone, outside]).execute();
    for (const [scope, visible] of [
      [oneServer(serverId), [onlyHere]],
      [oneServer(foreign), []],
      [everyServer, [onlyHere, overall]],
    ] as const) {
      expect((await readHistory(db, scope, all)).operations.map(({ id }) => id)).toEqual(visible);
      for (const id of [overall, onlyHere]) {
        expect(await mayControl(db, await loadOperation(db, id), scope)).toBe(
          (visible as readonly number[]).includes(id),
        );
      }
    }
  });
});

function row(id: number, changes: Partial<HistoryRow> = {}): HistoryRow {
  return {
    id,
    kind: 'close',
    state: 'completed',
    admin_id: '900000000000000500',
    guild_id: serverId,
    reason: null,
    retry_of: null,
    undo_of: null,
    total: 12,
    confirmed_at: now,
    finished_at: now,
    done: 12,
    failed: 0,
    skipped: 0,
    ...changes,
  };
}

describe('a page of history', () => {
  test('keeps within the limits of an embed however much there is to say', () => {
    const hostile = row(2_147_483_647, {
      state: 'completed with failures',
      retry_of: 2_147_483_646,
      total: 1000,
      done: 333,
      failed: 333,
      skipped: 334,
      reason: '*_~`|<'.repeat(50),
    });
    const names = { server: () => '_'.repeat(100), channel: () => null };
    const body = renderHistory(
      { total: 2_000_000, operations: Array.from({ length: 25 }, () => hostile) },
      { ...all, limit: 25 },
      names,
    );
    const { description } = body.embeds![0]!;
    expect(description!.length).toBeLessThanOrEqual(4096);
    expect(description!.split('\n')).toHaveLength(25);
  });

  test('carries its filters in the buttons, which are within 100 characters, differ, and can be read back', () => {
    const adminId = '12345678901234567890';
    for (const type of historyTypes()) {
      for (const status of historyStatuses) {
        const query = { limit: 25, offset: 2_000_000_000, type, status, adminId };
        const ids = buttons(query, 2_147_483_647).map((button) => button.custom_id);
        expect(readBack(customIds.historyOn.encode(query))).toEqual(query);
        expect(Math.max(...ids.map((id) => id.length))).toBeLessThanOrEqual(100);
        expect(new Set(ids).size).toBe(2);
      }
    }
  });

  test('turns back and forth, not beyond the ends', () => {
    const ends = (query: HistoryQuery, total: number) =>
      buttons(query, total).map(({ disabled }) => disabled);
    expect(ends(all, 25)).toEqual([true, false]);
    expect(ends({ ...all, offset: 10 }, 25)).toEqual([false, false]);
    expect(ends({ ...all, offset: 20 }, 25)).toEqual([false, true]);
    expect(ends({ ...all, offset: 500 }, 25)).toEqual([false, true]);
    expect(buttons(all, 10)).toEqual([]);
  });

  test('refuses button arguments that it did not write', () => {
    for (const args of [
      '',
      ':0:10:-:-',
      ':0:10:-:-:-:-',
      ':-1:10:-:-:-',
      ':1e3:10:-:-:-',
      ':0:26:-:-:-',
      ':0:0:-:-:-',
      ':9999999999:10:-:-:-',
      ':0:10:drop table:-:-',
      ':0:10:-:draft:-',
      ":0:10:-:-:1' or 1=1",
    ]) {
      expect([args, readBack(`history-on${args}`)]).toEqual([args, null]);
    }
    expect(readBack('history-on:0:10:-:-:-')).not.toBeNull();
  });
});

function readBack(customId: string): HistoryQuery | null {
  return checkHistoryQuery(customIds.historyOn.decode(customId)!);
}

function buttons(query: HistoryQuery, total: number) {
  const { components = [] } = renderHistory({ total, operations: [row(1)] }, query, null);
  return components.flatMap((one) => one.components) as { custom_id: string; disabled: boolean }[];
}
