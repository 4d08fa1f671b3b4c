import { expect, test } from 'vitest';
import { createPoll } from '../../../src/polls/poll-store.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import { channelId, newPoll, postedPoll, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { interactionId, itemStates } from '../bulk-fixture.ts';
import { ann, bob, cid, csvOf, exported, givenVotes, jsonOf, textOf } from './export-scene.ts';

describeEachDatabase('export', (fresh) => {
  test('tells settings, times in UTC and in the zone, tallies and the link, the same in JSON and CSV', async () => {
    const db = await fresh();
    const { id } = await postedPoll(db, interactionId(), {
      timezone: 'Europe/Berlin',
      maxChoices: 2,
      pingRoleId: '900000000000000401',
      closesAt: new Date('2026-12-01T17:00:00Z'),
    });
    await givenVotes(db, id, [
      [ann!, 0],
      [ann!, 2],
      [bob!, 2],
    ]);
    const link = `https://discord.com/channels/${serverId}/${channelId}/9000000000000${String(id).padStart(5, '0')}`;
    const { inbox, operation } = await exported(db, { format: 'json' });
    expect(operation.state).toBe('completed');
    expect(jsonOf(inbox)).toEqual([
      {
        number: id,
        question: 'Tea or coffee?',
        status: 'active',
        server_id: serverId,
        server: 'Home',
        channel_id: channelId,
        channel: 'votes',
        creator_id: '900000000000000201',
        link,
        timezone: 'Europe/Berlin',
        anonymous: false,
        max_choices: 2,
        ping_role_id: '900000000000000401',
        created_at: '2026-11-01T12:00:00.000Z',
        created_at_local: '2026-11-01T13:00:00.000+01:00',
        opens_at: null,
        opens_at_local: null,
        closes_at: '2026-12-01T17:00:00.000Z',
        closes_at_local: '2026-12-01T18:00:00.000+01:00',
        closed_at: null,
        closed_at_local: null,
        people: 2,
        options: [
          { text: 'Tea', votes: 1 },
          { text: 'Coffee', votes: 0 },
          { text: 'Water', votes: 2 },
        ],
      },
    ]);
    const again = await exported(db);
    expect(again.inbox.files.map((file) => file.name)).toEqual([`operation-${again.operation.id}-polls.csv`]);
    expect(csvOf(again.inbox)).toEqual([
      expect.objectContaining({
        number: String(id),
        anonymous: 'false',
        link,
        closes_at: '2026-12-01T17:00:00.000Z',
        closes_at_local: '2026-12-01T18:00:00.000+01:00',
        opens_at: '',
        people: '2',
        option_1: 'Tea',
        votes_1: '1',
        votes_2: '0',
        option_3: 'Water',
        votes_3: '2',
      }),
    ]);
  });

  test('keeps hostile texts verbatim in JSON, and whole and harmless in CSV', async () => {
    const db = await fresh();
    const texts = [
      ...hostileTexts.map(([, hostile]) => hostile.replaceAll('\u0000', '').toWellFormed()),
      ...['=1+1', '+1', '-1', '@sum(a1)', '\tx', '\rx', 'a,b;"c"\n"d"', "it's", '\u202Ertl', ''],
    ];
    for (const question of texts) {
      await createPoll(db, newPoll(interactionId(), { question, options: [question, 'b'] }));
    }
    const json = jsonOf((await exported(db, { format: 'json' })).inbox);
    expect(json.map((row) => row.question)).toEqual(texts);
    expect(json.map((row) => row.options[0]!.text)).toEqual(texts);
    const csv = csvOf((await exported(db)).inbox);
    expect(csv).toHaveLength(texts.length);
    for (const [index, original] of texts.entries()) {
      const neutral = /^[=+\-@\t\r]/.test(original) ? `'${original}` : original;
      expect(csv[index]!.question).toBe(neutral);
      expect(csv[index]!.option_1).toBe(neutral);
      expect(csv[index]!.votes_1).toBe('0');
    }
  });

  test('tells voters only where asked for, and never those of anonymous polls', async () => {
    const db = await fresh();
    const open = await postedPoll(db, interactionId(), { maxChoices: 2 });
    const secret = await postedPoll(db, interactionId(), { anonymous: true });
    const ended = await postedPoll(db, interactionId(), { anonymous: true });
    for (const { id } of [open, secret, ended])
      await givenVotes(db, id, [
        [bob!, 0],
        [ann!, 0],
        [cid!, 1],
      ]);
    await db.updateTable('polls').set({ status: 'closed' }).where('id', '=', ended.id).execute();

    const without = await exported(db, { format: 'json' });
    expect(textOf(without.inbox.files[0]!)).not.toContain(ann);
    const rows = jsonOf((await exported(db, { format: 'json', voters: true })).inbox);
    expect(rows[0]!.options).toEqual([
      { text: 'Tea', votes: 2, voters: [bob, ann] },
      { text: 'Coffee', votes: 1, voters: [cid] },
      { text: 'Water', votes: 0, voters: [] },
    ]);
    expect(rows[1]).toMatchObject({ people: null, options: [{ votes: null, voters: null }, {}, {}] });
    expect(rows[2]).toMatchObject({
      people: 3,
      options: [{ votes: 2, voters: null }, { votes: 1, voters: null }, {}],
    });
    const csv = csvOf((await exported(db, { voters: true })).inbox);
    expect(csv.map((row) => row.voters_1)).toEqual([`${bob} ${ann}`, '', '']);
    expect(csv.map((row) => row.votes_1)).toEqual(['2', '', '2']);
    expect(csv.map((row) => row.people)).toEqual(['3', '', '3']);
  });

  test('gives polls of different lengths the same columns, one row each', async () => {
    const db = await fresh();
    await postedPoll(db, interactionId(), { options: ['a', 'b'] });
    const many = Array.from({ length: 20 }, (_, index) => `Option ${index + 1}`);
    await postedPoll(db, interactionId(), { options: many });
    const rows = csvOf((await exported(db)).inbox);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ option_2: 'b', votes_2: '0', option_3: '', votes_3: '', votes_20: '' });
    expect(rows[1]).toMatchObject({ option_20: 'Option 20', votes_20: '0' });
  });

  test('writes a thousand polls with their voters in one go', async () => {
    const db = await fresh();
    await db.transaction().execute(async (trx) => {
      for (let index = 0; index < 1000; index++) {
        await createPoll(trx, newPoll(interactionId(), { question: `Question ${index}` }));
      }
      for (const user of [ann!, bob!]) {
        await trx
          .insertInto('votes')
          .columns(['poll_id', 'position', 'user_id', 'created_at'])
          .expression((eb) =>
            eb
              .selectFrom('polls')
              .select(({ val }) => ['id', val(1).as('position'), val(user).as('user_id'), 'created_at']),
          )
          .execute();
      }
    });
    const { inbox, operation, lease } = await exported(db, { voters: true });
    expect(operation.state).toBe('completed');
    const rows = csvOf(inbox);
    expect(rows).toHaveLength(1000);
    expect(new Set(rows.map((row) => row.question)).size).toBe(1000);
    expect(rows.every((row) => row.votes_2 === '2' && row.voters_2 === `${ann} ${bob}`)).toBe(true);
    const states = Object.values(await itemStates(db, lease.operationId));
    expect(states.every((state) => state.startsWith('done: '))).toBe(true);
  });
});
