import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { pollChoices, pollListChoices } from '../../../commands/poll/poll-choices.ts';
import type { Db } from '../../../src/db/schema.ts';
import { type SuggestionRequest, suggestPolls } from '../../../src/polls/lists/poll-suggestions.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { now, postedPoll, serverId } from '../poll-fixture.ts';

const everything: SuggestionRequest = { scope: everyServer, limit: 25 };

/** Polls with exactly these numbers. */
async function numbered(db: Db, numbers: readonly number[], question = (id: number) => `Question of ${id}?`) {
  const next = (id: number) =>
    sql`select setval(pg_get_serial_sequence('polls', 'id'), ${id}::int, false)`.execute(db);
  for (const id of numbers) {
    await next(id);
    await postedPoll(db, `for ${id}`, { question: question(id) });
  }
  await next(5000);
}

async function suggested(db: Db, text: string, wanted: Partial<SuggestionRequest> = {}): Promise<number[]> {
  return (await suggestPolls(db, { ...everything, ...wanted }, text)).map(({ id }) => id);
}

describeEachDatabase('suggested polls', (fresh) => {
  test('are those whose number begins as typed, the very number first, then those whose question has the words', async () => {
    const db = await fresh();
    await numbered(db, [9012, 9120, 9129, 9130, 91200, 912000, 2_147_483_647]);
    const texts = await postedPoll(db, 'text', { question: 'Room 912 or 9120?' });
    expect(await suggested(db, '912')).toEqual([9120, 9129, 91200, 912000, texts.id]);
    expect(await suggested(db, '#9120')).toEqual([9120, 91200, 912000]);
    expect(await suggested(db, ' 9120 ')).toEqual([9120, 91200, 912000, texts.id]);
    expect(await suggested(db, '2147483647')).toEqual([2_147_483_647]);
    for (const none of ['9999999999', '99999999999999999999', '#0', '-1', '#', '# 9120']) {
      expect([none, await suggested(db, none)]).toEqual([none, []]);
    }
  });

  test('have every word of what was typed, in any order and case, taken literally; newest first', async () => {
    const db = await fresh();
    const ids: number[] = [];
    for (const question of ['Tea or coffee?', 'COFFEE or tea at 100 %?', 'Straße 🍕?', 'a_b'])
      ids.push((await postedPoll(db, question, { question })).id);
    expect(await suggested(db, '')).toEqual(ids.toReversed());
    expect(await suggested(db, '', { limit: 2 })).toEqual([ids[3], ids[2]]);
    expect(await suggested(db, 'tea coffee')).toEqual([ids[1], ids[0]]);
    expect(await suggested(db, '  coffee   TEA 100 ')).toEqual([ids[1]]);
    expect(await suggested(db, '%')).toEqual([ids[1]]);
    expect(await suggested(db, '_')).toEqual([ids[3]]);
    expect(await suggested(db, 'STRASSE 🍕')).toEqual([ids[2]]);
    expect(await suggested(db, 'tea whisky')).toEqual([]);
    expect(await suggested(db, `${'x '.repeat(3000)}`)).toEqual([]);
  });

  test('are within the scope, in the channels that somebody can see, and not deleted', async () => {
    const db = await fresh();
    const [away, hidden] = ['900000000000000002', '900000000000000102'];
    const mine = await postedPoll(db, '1');
    const secret = await postedPoll(db, '2', { channelId: hidden });
    const foreign = await postedPoll(db, '3', { serverId: away, channelId: '900000000000000103' });
    const gone = await postedPoll(db, '4');
    await db.updateTable('polls').set({ deleted_at: now }).where('id', '=', gone.id).execute();
    const home = { scope: oneServer(serverId) };
    expect(await suggested(db, 'tea', home)).toEqual([secret.id, mine.id]);
    expect(await suggested(db, 'tea', { ...home, channelIds: [mine.channelId] })).toEqual([mine.id]);
    expect(await suggested(db, 'tea', { ...home, channelIds: [] })).toEqual([]);
    for (const { id } of [foreign, gone]) expect(await suggested(db, String(id), home)).toEqual([]);
    expect(await suggested(db, String(secret.id), { ...home, channelIds: [mine.channelId] })).toEqual([]);
    expect(await suggested(db, String(foreign.id))).toEqual([foreign.id]);
  });

  test('are never more than wanted, and none twice', async () => {
    const db = await fresh();
    await numbered(
      db,
      Array.from({ length: 30 }, (_, index) => 100 + index),
      (id) => `Is 1 enough for ${id}?`,
    );
    const found = await suggested(db, '1');
    expect(found).toEqual(Array.from({ length: 25 }, (_, index) => 100 + index));
    const begun = Array.from({ length: 10 }, (_, index) => 120 + index);
    expect(await suggested(db, '12')).toEqual([...begun, 112]);
  });

  test('complete what stands behind the last comma of a list, and leave a range to its author', async () => {
    const db = await fresh();
    await numbered(db, [40, 41], (id) => `Tea ${id}?`);
    const values = async (typed: string) =>
      (await pollListChoices(db, { scope: everyServer }, typed)).map(({ value }) => value);
    expect(await values('tea')).toEqual(['41', '40']);
    expect(await values('12, 40-55, 4')).toEqual(['12, 40-55, 40', '12, 40-55, 41']);
    expect(await values('12,')).toEqual(['12, 41', '12, 40']);
    expect(await values('12, 40-5')).toEqual(['12, 40-5']);
    expect((await pollListChoices(db, { scope: everyServer }, '12, 41'))[0]).toEqual({
      name: '12, #41 · active · Tea 41?',
      value: '12, 41',
    });
    const [single] = await pollChoices(db, { scope: everyServer }, '41');
    expect(single).toEqual({ name: '#41 · active · Tea 41?', value: 41 });
  });
});
