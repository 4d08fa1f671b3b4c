import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { closePoll } from '../../../src/polls/close-poll-store.ts';
import { findPoll } from '../../../src/polls/poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import { castVote, castVotes } from '../../../src/polls/votes/vote-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { recorded } from '../../support/statements.ts';
import { minutes, now, postedPoll } from '../poll-fixture.ts';
import { choices, press, tally } from './vote-fixture.ts';

describeEachDatabase('a press on an option', (fresh) => {
  test('votes, moves the vote where there is one choice, and a second press takes it back', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    expect(await castVote(db, press(asked, '10'))).toEqual({
      type: 'added',
      poll: { id: asked.id, channelId: asked.channelId, messageId: asked.messageId },
      choices: [0],
      labels: ['Tea'],
    });
    expect(await castVote(db, press(asked, '11', { position: 1 }))).toMatchObject({
      type: 'moved',
      choices: [1],
      labels: ['Coffee'],
    });
    expect(await tally(db, asked)).toEqual({ counts: [0, 1, 0], voters: 1 });
    expect(await castVote(db, press(asked, '12', { position: 1 }))).toMatchObject({
      type: 'removed',
      choices: [],
      labels: [],
    });
    // What the message shows has changed, and not what the poll is.
    expect(await findPoll(db, everyServer, asked.id)).toMatchObject({ version: 1, revision: 4 });
  });

  test('is refused beyond the number of choices', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1', { maxChoices: 2 });
    expect(await castVote(db, press(asked, '10', { position: 2 }))).toMatchObject({ choices: [2] });
    expect(await castVote(db, press(asked, '11', { position: 0 }))).toMatchObject({ choices: [0, 2] });
    expect(await castVote(db, press(asked, '12', { position: 1 }))).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining(`#${asked.id} "Tea or coffee?" allows 2 choices`),
    });
    expect(await choices(db, asked)).toEqual({ voter: [0, 2] });
  });

  test('moves all that somebody chose while more choices were allowed', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1', { maxChoices: 2 });
    await castVote(db, press(asked, '10', { position: 0 }));
    await castVote(db, press(asked, '11', { position: 1 }));
    await db.updateTable('polls').set({ max_choices: 1 }).execute();
    expect(await castVote(db, press(asked, '12', { position: 2 }))).toMatchObject({ type: 'moved' });
    expect(await choices(db, asked)).toEqual({ voter: [2] });
  });

  test('goes by the database’s clock, and leaves no trace where it is refused', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const closing = (seconds: number) =>
      sql`update polls set closes_at = clock_timestamp() + ${seconds} * interval '1 second'`.execute(db);
    await closing(-1);
    expect(await castVote(db, press(asked, '10'))).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('is closed, so votes no longer change'),
    });
    expect(await findPoll(db, everyServer, asked.id)).toMatchObject({ revision: 1 });
    await closing(60);
    expect(await castVote(db, press(asked, '10'))).toMatchObject({ type: 'added' });
  });

  test('is refused where the poll is closed or not open yet, with when it opens', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const opens = new Date('2126-11-01T12:05:00Z');
    for (const [state, reason] of [
      [{ status: 'closed' }, 'is closed'],
      [{ status: 'scheduled', opens_at: opens }, `it opens <t:${opens.getTime() / 1000}:R>`],
      [{ status: 'scheduled', opens_at: now }, 'it opens in a moment'],
    ] as const) {
      await db.updateTable('polls').set(state).execute();
      expect(await castVote(db, press(asked, '10'))).toEqual({
        type: 'refused',
        reason: expect.stringContaining(reason),
      });
    }
  });

  test('is refused for an option that does not exist', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    for (const position of [-1, 3, 0.5, 2 ** 31, -(2 ** 40), Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await castVote(db, press(asked, '10', { position }))).toMatchObject({
        type: 'refused',
        reason: expect.stringContaining('has no such option'),
      });
    }
  });

  test('counts only on the poll’s own message', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const forged = [
      { serverId: '9' },
      { channelId: '9' },
      { messageId: '9' },
      { pollId: 999 },
      { pollId: 3e9 },
      { pollId: Number.NaN },
    ];
    for (const change of forged) {
      expect(await castVote(db, press(asked, '10', change))).toEqual({ type: 'not found' });
    }
    await db.updateTable('polls').set({ message_id: null }).execute();
    expect(await castVote(db, press(asked, '10'))).toMatchObject({ type: 'added' });
    await db.updateTable('polls').set({ message_id: '9', message_gone: true }).execute();
    expect(await castVote(db, press(asked, '11'))).toMatchObject({ type: 'removed' });
    await db.updateTable('polls').set({ deleted_at: now }).execute();
    expect(await castVote(db, press(asked, '12'))).toEqual({ type: 'not found' });
  });

  test('changes nothing when its interaction arrives again, at once or later', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const twice = await Promise.all([castVote(db, press(asked, '10')), castVote(db, press(asked, '10'))]);
    expect(twice.map((result) => result.type).sort()).toEqual(['added', 'unchanged']);
    expect(await castVote(db, press(asked, '10'))).toMatchObject({ type: 'unchanged', choices: [0] });
    await closePoll(db, everyServer, { pollId: asked.id, interactionId: 'close', now: minutes(1) });
    expect(await castVote(db, press(asked, '10'))).toMatchObject({ type: 'unchanged', choices: [0] });
    expect(await choices(db, asked)).toEqual({ voter: [0] });
  });

  test('is one statement, however many there are', async () => {
    const { db, statements } = recorded(await fresh());
    const asked = await postedPoll(db, '1', { maxChoices: 2 });
    const before = statements.length;
    await castVotes(
      db,
      asked.id,
      Array.from({ length: 30 }, (_, n) =>
        press(asked, `1${n}`, { userId: `user ${n % 20}`, position: n % 4 }),
      ),
    );
    expect(statements.length - before).toBe(1);
  });

  test('does among others, in their order, what it would do alone', async () => {
    const db = await fresh();
    let polls = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -1, max: 3 }), fc.nat(9)), {
          maxLength: 30,
        }),
        fc.integer({ min: 1, max: 12 }),
        async (maxChoices, turns, size) => {
          polls += 1;
          const asked = await postedPoll(db, `poll ${polls}`, { maxChoices });
          const presses = turns.map(([user, position, interaction]) =>
            press(asked, `${polls} ${interaction}`, { userId: `user ${user}`, position }),
          );
          const cast = [];
          for (let from = 0; from < presses.length; from += size) {
            cast.push(...(await castVotes(db, asked.id, presses.slice(from, from + size))));
          }
          const { results, votes } = expected(presses, maxChoices, asked.options.length);
          expect(cast.map((result) => [result.type, 'choices' in result ? result.choices : null])).toEqual(
            results,
          );
          expect(await choices(db, asked)).toEqual(votes);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** The rules of an open poll, told a second time. */
function expected(
  presses: readonly { userId: string; position: number; interactionId: string }[],
  maxChoices: number,
  options: number,
) {
  const handled = new Set<string>();
  const votes: Record<string, number[]> = {};
  const results = presses.map(({ userId, position, interactionId }): [string, number[] | null] => {
    const mine = votes[userId] ?? [];
    if (handled.has(interactionId)) return ['unchanged', mine];
    if (position < 0 || position >= options) return ['refused', null];
    const again = mine.includes(position);
    const moves = !again && maxChoices === 1 && mine.length > 0;
    if (!again && !moves && mine.length >= maxChoices) return ['refused', null];
    handled.add(interactionId);
    const left = moves ? [] : mine.filter((one) => one !== position);
    const after = again ? left : [...left, position].sort();
    if (after.length > 0) votes[userId] = after;
    else delete votes[userId];
    return [again ? 'removed' : moves ? 'moved' : 'added', after];
  });
  return { results, votes };
}
