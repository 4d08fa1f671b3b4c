import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { closePoll } from '../../src/polls/close-poll-store.ts';
import type { Poll } from '../../src/polls/poll.ts';
import { findPoll, tallies } from '../../src/polls/poll-store.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { decideVote } from '../../src/polls/vote.ts';
import { castVote, type VotePress } from '../../src/polls/vote-store.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { minutes, now, poll, postedPoll } from './poll-fixture.ts';

describe('a press on an option', () => {
  test('votes, and a second press takes the vote back', () => {
    expect(decideVote(poll(), [], 1, now)).toEqual({ type: 'added', add: 1, remove: [] });
    expect(decideVote(poll(), [1], 1, now)).toEqual({ type: 'removed', add: null, remove: [1] });
  });

  test('moves the vote where there is one choice', () => {
    expect(decideVote(poll(), [0], 2, now)).toEqual({ type: 'moved', add: 2, remove: [0] });
    expect(decideVote(poll(), [0, 1], 2, now)).toEqual({ type: 'moved', add: 2, remove: [0, 1] });
  });

  test('is refused beyond the number of choices', () => {
    const several = poll({ maxChoices: 2 });
    expect(decideVote(several, [0], 2, now)).toEqual({ type: 'added', add: 2, remove: [] });
    expect(decideVote(several, [0, 1], 2, now)).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('#12 "Tea or coffee?" allows 2 choices'),
    });
  });

  test.each([
    ['closed', poll({ status: 'closed' }), 'is closed'],
    ['past its closing time', poll({ closesAt: now }), 'is closed'],
    ['scheduled', poll({ status: 'scheduled', opensAt: minutes(5) }), 'it opens <t:1793534700:R>'],
    ['about to open', poll({ status: 'scheduled', opensAt: now }), 'it opens in a moment'],
  ])('is refused when the poll is %s', (_, refused, reason) => {
    expect(decideVote(refused, [], 0, now)).toEqual({
      type: 'refused',
      reason: expect.stringContaining(reason),
    });
  });

  test('is refused for an option that does not exist', () => {
    for (const position of [-1, 3, Number.NaN])
      expect(decideVote(poll(), [], position, now).type).toBe('refused');
  });
});

describeEachDatabase('votes', (fresh) => {
  test('change what the message shows and not what the poll is', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    expect(await castVote(db, press(asked, '10'))).toMatchObject({ type: 'added', choices: [0] });
    expect(await castVote(db, press(asked, '11', { position: 1 }))).toMatchObject({
      type: 'moved',
      choices: [1],
    });
    expect(await tally(db, asked)).toEqual({ counts: [0, 1, 0], voters: 1 });
    expect(await castVote(db, press(asked, '12', { position: 1 }))).toMatchObject({
      type: 'removed',
      choices: [],
    });
    expect(await findPoll(db, everyServer, asked.id)).toMatchObject({ version: 1, revision: 4 });
  });

  test('toggle nothing when their interaction arrives again, at once or later', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const twice = await Promise.all([castVote(db, press(asked, '10')), castVote(db, press(asked, '10'))]);
    expect(twice.map((result) => result.type).sort()).toEqual(['added', 'unchanged']);
    expect(await castVote(db, press(asked, '10'))).toMatchObject({ type: 'unchanged', choices: [0] });
    expect(await findPoll(db, everyServer, asked.id)).toMatchObject({ revision: 2 });
  });

  test('are all counted when many people press at once', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const people = Array.from({ length: 40 }, (_, n) => n);
    await Promise.all(
      people.map((n) => castVote(db, press(asked, `1${n}`, { userId: `user${n}`, position: n % 2 }))),
    );
    expect(await tally(db, asked)).toEqual({ counts: [20, 20, 0], voters: 40 });
    expect(await findPoll(db, everyServer, asked.id)).toMatchObject({ revision: 41 });
  });

  test('are either before a close and counted or after it and refused', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const people = Array.from({ length: 20 }, (_, n) => n);
    const [results] = await Promise.all([
      Promise.all(people.map((n) => castVote(db, press(asked, `1${n}`, { userId: `user${n}` })))),
      closePoll(db, everyServer, { pollId: asked.id, interactionId: 'close', now }),
    ]);
    const counted = results.filter((result) => result.type === 'added').length;
    expect(results.filter((result) => result.type === 'refused').length).toBe(20 - counted);
    expect((await tally(db, asked))?.voters).toBe(counted);
  });

  test('refused leave no trace', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1', { closesAt: minutes(1) });
    const late = press(asked, '10', { now: minutes(2) });
    expect(await castVote(db, late)).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('is closed'),
    });
    expect(await castVote(db, { ...late, now })).toMatchObject({ type: 'added' });
  });

  test('count only from the poll’s own message', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const forged = [
      { guildId: '9' },
      { channelId: '9' },
      { messageId: '9' },
      { pollId: 999 },
      { pollId: 3e9 },
    ];
    for (const change of forged) {
      expect(await castVote(db, press(asked, '10', change))).toEqual({ type: 'not found' });
    }
    await db.updateTable('polls').set({ message_id: null }).execute();
    expect(await castVote(db, press(asked, '10'))).toMatchObject({ type: 'added' });
    await db.updateTable('polls').set({ deleted_at: now }).execute();
    expect(await castVote(db, press(asked, '11'))).toEqual({ type: 'not found' });
  });
});

function press(asked: Poll, interactionId: string, changes: Partial<VotePress> = {}): VotePress {
  return {
    pollId: asked.id,
    position: 0,
    userId: 'voter',
    interactionId,
    guildId: asked.guildId,
    channelId: asked.channelId,
    messageId: asked.messageId!,
    now,
    ...changes,
  };
}

async function tally(db: Db, asked: Poll) {
  return (await tallies(db, [asked.id])).get(asked.id);
}
