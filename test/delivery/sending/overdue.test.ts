import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../../src/db/schema.ts';
import { overdue } from '../../../src/delivery/sending/delivery-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { bump, givenPoll } from '../polls.ts';

/** Polls that are behind, in a channel. */
async function backlog(db: Db, channelId: string, count: number): Promise<void> {
  await sql`
    insert into polls (question, guild_id, channel_id, creator_id, status, created_at, interaction_id)
    select 'Question', '1', ${channelId}, '2', 'active', now(), ${channelId} || ' ' || n
    from generate_series(1, ${count}::integer) n`.execute(db);
}

const channelOf = ({ channelId }: { channelId: string }) => channelId;

describeEachDatabase('what the sweep takes at once', (fresh) => {
  test('is the oldest of every channel, whatever the backlog of one is', async () => {
    const db = await fresh();
    await backlog(db, '200000000000000001', 5000);
    const others = ['200000000000000002', '200000000000000003'];
    for (const channel_id of others) await givenPoll(db, { channel_id });
    const silent = await givenPoll(db, {
      channel_id: '200000000000000004',
      shown_revision: 1,
      ping_role_id: '400000000000000001',
      ping_pending: true,
    });
    const taken = await overdue(db, 1000);
    expect(new Set(taken.map(channelOf))).toEqual(
      new Set(['200000000000000001', ...others, '200000000000000004']),
    );
    const long = taken.filter((one) => channelOf(one) === '200000000000000001');
    expect(long.map(({ pollId }) => pollId).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(taken.filter(({ pollId }) => pollId === silent)).toHaveLength(1);
  });

  test('is one of each channel before a second of any, and another choice each time where even that is too much', async () => {
    const db = await fresh();
    for (let n = 10; n < 30; n += 1) await backlog(db, `2000000000000000${n}`, 3);
    const everyone = await overdue(db, 20);
    expect(new Set(everyone.map(channelOf)).size).toBe(20);
    const seen = new Set<string>();
    // Each of 20 channels is missed 200 times in a row by one in some 10^58.
    for (let round = 0; round < 200; round += 1)
      for (const one of await overdue(db, 10)) seen.add(channelOf(one));
    expect(seen.size).toBe(20);
  });

  test('passes by messages that take no edit now, unless the poll was deleted', async () => {
    const db = await fresh();
    const held = ['500000000000000001', '500000000000000002'];
    const [, deleted] = [
      await givenPoll(db, { message_id: held[0]! }),
      await givenPoll(db, { message_id: held[1]! }),
    ];
    await bump(db, deleted, { deleted_at: new Date() });
    const free = [await givenPoll(db, { message_id: '500000000000000003' }), await givenPoll(db)];
    const taken = (await overdue(db, 10, held)).map(({ pollId }) => pollId);
    expect(taken.sort((a, b) => a - b)).toEqual([deleted, ...free]);
  });

  test('names a poll once that is behind and has still to ping', async () => {
    const db = await fresh();
    for (let i = 0; i < 3; i += 1) await givenPoll(db);
    const id = await givenPoll(db, { ping_role_id: '400000000000000001', ping_pending: true });
    expect((await overdue(db, 10)).filter(({ pollId }) => pollId === id)).toHaveLength(1);
  });
});
