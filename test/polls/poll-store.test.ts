import { expect, test } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { closePoll } from '../../src/polls/close-poll-store.ts';
import {
  createPoll,
  discardPoll,
  findPoll,
  listPolls,
  loadPolls,
  tallies,
} from '../../src/polls/poll-store.ts';
import { everyServer, oneServer } from '../../src/polls/scope.ts';
import { cleanLine } from '../../src/polls/text.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { hostileTexts } from './hostile-texts.ts';
import { minutes, newPoll, now, operation, postedPoll, serverId } from './poll-fixture.ts';

const elsewhere = oneServer('900000000000000002');

describeEachDatabase('polls', (fresh) => {
  test('come back as they were created', async () => {
    const db = await fresh();
    const { poll, created } = await createPoll(
      db,
      newPoll('1', { maxChoices: 2, anonymous: true, closesAt: minutes(30), timezone: 'Europe/Berlin' }),
    );
    expect(created).toBe(true);
    expect(await findPoll(db, oneServer(serverId), poll!.id)).toEqual(poll);
    expect(poll).toMatchObject({
      status: 'active',
      options: ['Tea', 'Coffee', 'Water'],
      maxChoices: 2,
      anonymous: true,
      closesAt: minutes(30),
      version: 1,
      revision: 1,
      shownRevision: 0,
    });
  });

  test('are scheduled when they open later, and ping only when they open', async () => {
    const db = await fresh();
    const { poll } = await createPoll(
      db,
      newPoll('1', { opensAt: minutes(5), pingRoleId: '900000000000000401' }),
    );
    expect(poll?.status).toBe('scheduled');
    expect(await pings(db)).toEqual([false]);
    await createPoll(db, newPoll('2', { pingRoleId: '900000000000000401' }));
    expect(await pings(db)).toEqual([false, true]);
  });

  test('are created once for an interaction that arrives twice at once', async () => {
    const db = await fresh();
    const both = await Promise.all([createPoll(db, newPoll('1')), createPoll(db, newPoll('1'))]);
    expect(both.map((one) => one.created).sort()).toEqual([false, true]);
    expect(both[0]?.poll?.id).toBe(both[1]?.poll?.id);
    expect(await listPolls(db, everyServer, { limit: 10 })).toHaveLength(1);
  });

  test.each(hostileTexts)('keep %s', async (_, text) => {
    const db = await fresh();
    const question = cleanLine(text);
    const { poll } = await createPoll(db, newPoll('1', { question, options: [question, 'b'] }));
    expect(poll?.question).toBe(question);
    expect(poll?.options[0]).toBe(question);
  });

  test('of another server, deleted ones and impossible numbers are not found', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1');
    expect(await findPoll(db, elsewhere, poll.id)).toBeNull();
    for (const id of [0, -1, 1.5, 3_000_000_000, Number.NaN])
      expect(await findPoll(db, everyServer, id)).toBeNull();
    await db.updateTable('polls').set({ deleted_at: now }).execute();
    expect(await findPoll(db, everyServer, poll.id)).toBeNull();
    expect([...(await loadPolls(db, everyServer, [poll.id, 3_000_000_000])).keys()]).toEqual([poll.id]);
    expect((await loadPolls(db, elsewhere, [poll.id])).size).toBe(0);
  });

  test('are counted by option, with people counted once', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1', { maxChoices: 3 });
    const silent = await postedPoll(db, '2');
    await db
      .insertInto('votes')
      .values([
        { poll_id: poll.id, position: 0, user_id: 'a', created_at: now },
        { poll_id: poll.id, position: 2, user_id: 'a', created_at: now },
        { poll_id: poll.id, position: 2, user_id: 'b', created_at: now },
      ])
      .execute();
    const counted = await tallies(db, [poll.id, silent.id, 999]);
    expect(counted.get(poll.id)).toEqual({ counts: [1, 0, 2], voters: 2 });
    expect(counted.get(silent.id)).toEqual({ counts: [0, 0, 0], voters: 0 });
    expect(counted.has(999)).toBe(false);
  });

  test('are listed newest first, page by page, by status and by channel', async () => {
    const db = await fresh();
    const ids: number[] = [];
    for (const n of [1, 2, 3]) ids.unshift((await postedPoll(db, String(n), { channelId: `c${n}` })).id);
    const listed = async (listing: Parameters<typeof listPolls>[2]) =>
      (await listPolls(db, oneServer(serverId), listing)).map((poll) => poll.id);
    expect(await listed({ limit: 2 })).toEqual(ids.slice(0, 2));
    expect(await listed({ limit: 2, afterId: ids[1]! })).toEqual(ids.slice(2));
    expect(await listed({ limit: 9, status: 'closed' })).toEqual([]);
    expect(await listed({ limit: 9, channelIds: ['c2'] })).toEqual([ids[1]]);
    expect(await listPolls(db, elsewhere, { limit: 9 })).toEqual([]);
  });

  test('refused by Discord are discarded, but not once they have a message', async () => {
    const db = await fresh();
    const { poll } = await createPoll(db, newPoll('1'));
    expect(await discardPoll(db, elsewhere, poll!.id)).toBe(false);
    expect(await discardPoll(db, everyServer, poll!.id)).toBe(true);
    expect(await createPoll(db, newPoll('1'))).toEqual({ poll: null, created: false });
    const posted = await postedPoll(db, '2');
    expect(await discardPoll(db, everyServer, posted.id)).toBe(false);
  });
});

describeEachDatabase('closing one poll', (fresh) => {
  test('counts as a change of state', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1');
    const closed = await closePoll(db, oneServer(serverId), { pollId: poll.id, interactionId: '2', now });
    expect(closed).toMatchObject({ status: 'closed', closedAt: now, version: 2, revision: 2 });
  });

  test('happens once for an interaction that arrives twice', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1');
    const press = { pollId: poll.id, interactionId: '2', now };
    const both = await Promise.all([closePoll(db, everyServer, press), closePoll(db, everyServer, press)]);
    expect(both.map((one) => [one.status, one.version])).toEqual([
      ['closed', 2],
      ['closed', 2],
    ]);
  });

  test('is refused when closed already, held, foreign or unknown', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1');
    const close = (interactionId: string, scope = everyServer, pollId = poll.id) =>
      closePoll(db, scope, { pollId, interactionId, now });
    await expect(close('2', elsewhere)).rejects.toThrow(`#${poll.id} was not found`);
    await expect(close('3', everyServer, 999)).rejects.toThrow('#999 was not found');
    const held = await operation(db, '4');
    await db.updateTable('polls').set({ held_by: held }).execute();
    await expect(close('5')).rejects.toThrow(
      `#${poll.id} "Tea or coffee?" is active and held by Operation #${held}`,
    );
    await db.updateTable('polls').set({ held_by: null }).execute();
    await close('6');
    await expect(close('7')).rejects.toThrow(`#${poll.id} "Tea or coffee?" is already closed`);
    expect(await findPoll(db, everyServer, poll.id)).toMatchObject({ version: 2, revision: 2 });
  });
});

async function pings(db: Db): Promise<boolean[]> {
  const rows = await db.selectFrom('polls').select('ping_pending').orderBy('id').execute();
  return rows.map((row) => row.ping_pending);
}
