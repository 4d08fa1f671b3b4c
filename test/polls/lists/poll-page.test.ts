import { expect, test } from 'vitest';
import type { Db } from '../../../src/db/schema.ts';
import type { PollFilter } from '../../../src/polls/lists/poll-filter.ts';
import {
  type PageFrom,
  type PollOrder,
  type PollPage,
  pollOrders,
  pollPage,
} from '../../../src/polls/lists/poll-page.ts';
import { oneServer, type Scope } from '../../../src/polls/scope.ts';
import { seeded } from '../../delivery/random.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { minutes, now, postedPoll, serverId } from '../poll-fixture.ts';

const scope = oneServer(serverId);
const awayGuildId = '900000000000000002';
const statuses = ['scheduled', 'active', 'closed'] as const;

interface Given {
  readonly id: number;
  readonly status: string;
  readonly closesAt: Date | null;
  /** In scope, and not deleted. */
  readonly listed: boolean;
}

/** Random polls: many without a closing time, many with the same one, some of another server, some deleted. */
async function given(db: Db, random: () => number, count: number): Promise<Given[]> {
  const polls: Given[] = [];
  for (let index = 0; index < count; index += 1) {
    const closesAt = random() < 0.4 ? null : minutes(Math.floor(random() * 4) - 1);
    const status = statuses[Math.floor(random() * 3)]!;
    const [foreign, deleted] = [random() < 0.15, random() < 0.1];
    const { id } = await postedPoll(db, `${index}`, foreign ? { serverId: awayGuildId } : {});
    const row = { status, closes_at: closesAt, deleted_at: deleted ? now : null };
    await db.updateTable('polls').set(row).where('id', '=', id).execute();
    polls.push({ id, status, closesAt, listed: !foreign && !deleted });
  }
  return polls;
}

/** The whole list, sorted here. */
function sorted(polls: readonly Given[], order: PollOrder, filter: PollFilter): number[] {
  const listed = polls.filter((poll) => poll.listed && (!filter.status || poll.status === filter.status));
  const time = ({ closesAt }: Given) => closesAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
  return listed
    .toSorted((a, b) => {
      if (order === 'newest') return b.id - a.id;
      return order === 'oldest' ? a.id - b.id : time(a) - time(b) || a.id - b.id;
    })
    .map((poll) => poll.id);
}

function idsOf({ ids }: PollPage): readonly number[] {
  return ids;
}

function reader(db: Db, within: Scope, filter: PollFilter, order: PollOrder, size: number) {
  return (from: PageFrom) => pollPage(db, within, filter, { order, from, size });
}

/** Every page to the end; each but the last says that there is more. */
async function readThrough(read: (from: PageFrom) => Promise<PollPage>): Promise<PollPage[]> {
  const pages = [await read('top')];
  while (pages.at(-1)!.more) pages.push(await read({ after: pages.at(-1)!.last! }));
  return pages;
}

describeEachDatabase('pages of polls', (fresh) => {
  test('there and back are the list, in every order, with and without a filter, at every page size', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.info(`seed ${seed}`);
    const random = seeded(seed);
    const db = await fresh();
    const polls = await given(db, random, 70);
    for (const order of pollOrders) {
      for (const filter of [{}, { status: 'closed' }] as const) {
        const whole = sorted(polls, order, filter);
        for (const size of [1 + Math.floor(random() * 12), Math.max(1, whole.length), 100]) {
          const read = reader(db, scope, filter, order, size);
          const pages = await readThrough(read);
          const cut = Array.from({ length: Math.max(1, Math.ceil(whole.length / size)) }, (_, page) =>
            whole.slice(page * size, (page + 1) * size),
          );
          expect([seed, order, filter, size, pages.map(idsOf)]).toEqual([seed, order, filter, size, cut]);
          for (const [index, page] of pages.entries()) {
            if (page.first === null) continue;
            const back = await read({ before: page.first });
            expect([seed, order, idsOf(back)]).toEqual([seed, order, cut[index - 1] ?? []]);
            expect(back.more).toBe(index > 1);
          }
        }
      }
    }
  });

  test('go on where they were while polls are made and deleted: none comes twice, none of the rest is missed', async () => {
    const db = await fresh();
    const ids: number[] = [];
    for (let index = 0; index < 9; index += 1) ids.push((await postedPoll(db, `${index}`)).id);
    const read = reader(db, scope, {}, 'newest', 3);
    const first = await read('top');
    await postedPoll(db, 'late');
    // One that was shown, the one the next page would begin with, and one behind.
    await db
      .updateTable('polls')
      .set({ deleted_at: now })
      .where('id', 'in', [ids[6]!, ids[5]!, ids[1]!])
      .execute();
    const second = await read({ after: first.last! });
    expect(idsOf(second)).toEqual([ids[4], ids[3], ids[2]]);
    expect(idsOf(await read({ after: second.last! }))).toEqual([ids[0]]);
    expect(idsOf(await read({ before: second.first! }))).toHaveLength(3);
  });

  test('of nothing are empty and have no place to go on from', async () => {
    const nothing = { ids: [], first: null, last: null, more: false };
    expect(await pollPage(await fresh(), scope, {}, { order: 'closing', from: 'top', size: 25 })).toEqual(
      nothing,
    );
  });

  test('tell closing times apart to the microsecond, as the database keeps them', async () => {
    const db = await fresh();
    const ids: number[] = [];
    for (let index = 0; index < 4; index += 1) ids.push((await postedPoll(db, `${index}`)).id);
    for (const [index, micros] of ['000003', '000001', '000002', '000001'].entries()) {
      const at = `2026-12-01 18:00:00.${micros}+00`;
      await db
        .updateTable('polls')
        .set({ closes_at: at as never })
        .where('id', '=', ids[index]!)
        .execute();
    }
    const pages = await readThrough(reader(db, scope, {}, 'closing', 1));
    expect(pages.flatMap(idsOf)).toEqual([ids[1], ids[3], ids[2], ids[0]]);
  });
});
