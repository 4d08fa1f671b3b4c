import { describe, expect, test } from 'vitest';
import { countPolls, formatCount, matchPolls } from '../../../src/polls/lists/match-polls.ts';
import { filterNames, type PollFilter, pollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { cleanLine } from '../../../src/polls/text.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { hostileTexts } from '../hostile-texts.ts';
import { channelId, minutes, now, postedPoll, serverId } from '../poll-fixture.ts';

/** A part of a question, and the questions that contain it; each of the others does not. */
const searches: readonly (readonly [string, readonly string[]])[] = [
  ['%', ['100 % wool?', 'a%b_c\\d']],
  ['_', ['a%b_c\\d']],
  ['\\', ['a%b_c\\d', 'C:\\temp']],
  ['\\%', []],
  ['b_c', ['a%b_c\\d']],
  ['a%d', []],
  ['TEA', ['Tea or coffee?']],
  ['fee?', ['Tea or coffee?']],
  ['É', ['Un café ?', 'ÉCOLE?']],
  ['café', ['Un café ?']],
  ['cafe\u0301', ['Un café ?']],
  ['ЧАЙ', ['Выпьем чаю? Чай!']],
  ['ВЫ', ['Выпьем чаю? Чай!']],
  ['ΟΔΟΣ', ['Ποια οδός; ΟΔΟΣΗΜΑΝΣΗ;']],
  ['οδόσ', ['Ποια οδός; ΟΔΟΣΗΜΑΝΣΗ;']],
  ['strasse', ['Welche Straße?']],
  ['STRAẞE', ['Welche Straße?']],
  ['istanbul', ['İSTANBUL mu?']],
  ['İstanbul', ['İSTANBUL mu?']],
  ['🍕', ['Pizza 🍕 or 👨‍👩‍👧‍👦?']],
  ['👨‍👩‍👧‍👦', ['Pizza 🍕 or 👨‍👩‍👧‍👦?']],
  ['投票', ['投票しますか']],
  ['FULL', ['ｆｕｌｌ width']],
  ["'; drop", []],
];

describeEachDatabase('the text filter', (fresh) => {
  test('finds literally what the question contains, in whatever case and script', async () => {
    const db = await fresh();
    const questions = [...new Set(searches.flatMap(([, found]) => found))];
    const byId = new Map<number, string>();
    for (const question of questions) byId.set((await postedPoll(db, question, { question })).id, question);
    for (const [text, found] of searches) {
      const { ids } = await matchPolls(db, everyServer, { text }, 1000);
      expect([text, ids.map((id) => byId.get(id)).sort()]).toEqual([text, [...found].sort()]);
    }
  });

  test('finds every hostile question by itself, and by what it begins with', async () => {
    const db = await fresh();
    for (const [name, text] of hostileTexts) {
      const question = cleanLine(text).slice(0, 1000).toWellFormed();
      const { id } = await postedPoll(db, name, { question });
      for (const part of [question, question.slice(0, 3).toWellFormed()]) {
        const { ids } = await matchPolls(db, everyServer, { text: part }, 1000);
        if (part.isWellFormed() && !part.includes('\uFFFD'))
          expect([name, ids.includes(id)]).toEqual([name, true]);
      }
    }
  });
});

describeEachDatabase('a filter', (fresh) => {
  test('is met by the polls that meet all of it, within the scope, never by deleted ones, stored or not', async () => {
    const db = await fresh();
    const other = { serverId: '900000000000000002', channelId: '900000000000000199' };
    const early = await postedPoll(db, '1', { now: minutes(-60) });
    const closed = await postedPoll(db, '2', { creatorId: '900000000000000202' });
    const later = await postedPoll(db, '3', { opensAt: minutes(10) });
    const foreign = await postedPoll(db, '4', other);
    const gone = await postedPoll(db, '5');
    await db
      .updateTable('polls')
      .set({ status: 'closed', closed_at: now })
      .where('id', '=', closed.id)
      .execute();
    await db.updateTable('polls').set({ deleted_at: now }).where('id', '=', gone.id).execute();
    const all = [early, closed, later, foreign, gone].map((poll) => poll.id);
    const cases: [PollFilter, { readonly id: number }[]][] = [
      [{}, [early, closed, later]],
      [{ ids: all }, [early, closed, later]],
      [{ ids: [] }, []],
      [{ status: 'active' }, [early]],
      [{ status: 'closed' }, [closed]],
      [{ status: 'scheduled' }, [later]],
      [{ guildId: serverId }, [early, closed, later]],
      [{ guildId: other.serverId }, []],
      [{ channelId }, [early, closed, later]],
      [{ channelId: other.channelId }, []],
      [{ creatorId: '900000000000000202' }, [closed]],
      [{ createdBefore: now }, [early]],
      [{ createdAfter: minutes(-1) }, [closed, later]],
      [{ status: 'active', text: 'tea', createdBefore: now, channelId }, [early]],
      [{ status: 'active', creatorId: '900000000000000202' }, []],
    ];
    expect(new Set(cases.flatMap(([filter]) => Object.keys(filter)))).toEqual(new Set(filterNames));
    for (const [filter, found] of cases) {
      const ids = found.map((poll) => poll.id);
      const { more, ...matched } = await matchPolls(db, oneServer(serverId), filter, 1000);
      expect([filter, matched]).toEqual([filter, { count: ids.length, ids }]);
      expect(await countPolls(db, oneServer(serverId), filter)).toEqual({ count: ids.length, more });
      expect(pollFilter.parse(JSON.parse(JSON.stringify(filter)))).toEqual(filter);
    }
    expect((await matchPolls(db, everyServer, {}, 1000)).ids).toEqual(all.slice(0, 4));
  });

  test('that more match than are wanted says how many, counted as far as asked', async () => {
    const db = await fresh();
    const ids: number[] = [];
    for (let index = 0; index < 5; index += 1) ids.push((await postedPoll(db, `${index}`)).id);
    expect(await matchPolls(db, everyServer, {}, 3)).toEqual({ count: 5, more: false, ids: [] });
    expect(await matchPolls(db, everyServer, {}, 5)).toEqual({ count: 5, more: false, ids });
    expect(await countPolls(db, everyServer, {}, 4)).toEqual({ count: 4, more: true });
    expect(await countPolls(db, everyServer, {}, 5)).toEqual({ count: 5, more: false });
  });
});

describe('a stored filter', () => {
  test('is read as it was, and without one that it does not know not at all', () => {
    const stored = '{"ids":[1,2],"status":"closed","createdBefore":"2026-11-01T12:00:00.000Z"}';
    expect(pollFilter.parse(JSON.parse(stored))).toEqual({
      ids: [1, 2],
      status: 'closed',
      createdBefore: new Date('2026-11-01T12:00:00Z'),
    });
    expect(() => pollFilter.parse({ status: 'closed', colour: 'red' })).toThrow(/colour/);
  });
});

describe('a count', () => {
  test('that was not finished is written as more than it', () => {
    expect(formatCount({ count: 212, more: false })).toBe('212');
    expect(formatCount({ count: 10_000, more: true })).toBe('more than 10,000');
  });
});
