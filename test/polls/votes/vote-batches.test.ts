import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { closePoll } from '../../../src/polls/close-poll-store.ts';
import { findPoll } from '../../../src/polls/poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import { VoteBatches } from '../../../src/polls/votes/vote-batches.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { recorded } from '../../support/statements.ts';
import { now, postedPoll } from '../poll-fixture.ts';
import { choices, press, tally } from './vote-fixture.ts';

const clock = systemClock;

function people(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

describeEachDatabase('votes of many people', (fresh) => {
  test('on one poll share a statement while one is under way', async () => {
    const { db, statements } = recorded(await fresh());
    const asked = await postedPoll(db, '1');
    const votes = new VoteBatches({ db, clock });
    const before = statements.length;
    const cast = people(80).map((n) =>
      votes.cast(press(asked, `1${n}`, { userId: `user${n}`, position: n % 2 })),
    );
    expect(new Set((await Promise.all(cast)).map(({ type }) => type))).toEqual(new Set(['added']));
    expect(await tally(db, asked)).toEqual({ counts: [40, 40, 0], voters: 80 });
    expect(await findPoll(db, everyServer, asked.id)).toMatchObject({ revision: 81 });
    // The first alone, at once, and the others together; and what was read here.
    expect(statements.slice(before).filter((text) => text.includes('cast_votes'))).toHaveLength(2);
  });

  test('are counted once each, though two processes hear of every press', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1', { maxChoices: 3 });
    const processes = [new VoteBatches({ db, clock }), new VoteBatches({ db, clock })];
    const cast = people(60).flatMap((n) => {
      const one = press(asked, `1${n}`, { userId: `user${n % 20}`, position: Math.floor(n / 20) });
      return processes.map((votes) => votes.cast(one));
    });
    const types = (await Promise.all(cast)).map(({ type }) => type);
    expect(types.filter((type) => type === 'added')).toHaveLength(60);
    expect(types.filter((type) => type === 'unchanged')).toHaveLength(60);
    expect(await tally(db, asked)).toEqual({ counts: [20, 20, 20], voters: 20 });
    expect(await findPoll(db, everyServer, asked.id)).toMatchObject({ revision: 61 });
  });

  test('never pass the number of choices, whichever processes they reach', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1', { maxChoices: 2 });
    const processes = [new VoteBatches({ db, clock }), new VoteBatches({ db, clock })];
    const cast = people(30).map((n) =>
      processes[n % 2]!.cast(press(asked, `1${n}`, { userId: `user${n % 10}`, position: n % 3 })),
    );
    const types = (await Promise.all(cast)).map(({ type }) => type);
    expect(types.filter((type) => type === 'added')).toHaveLength(20);
    expect(types.filter((type) => type === 'refused')).toHaveLength(10);
    for (const mine of Object.values(await choices(db, asked))) expect(mine).toHaveLength(2);
  });

  test('are answered to the same user in the order of the presses', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const votes = new VoteBatches({ db, clock });
    const presses = [1, 1, 0, 2, 2].map((position, n) => votes.cast(press(asked, `1${n}`, { position })));
    expect((await Promise.all(presses)).map((result) => 'choices' in result && result.choices)).toEqual([
      [1],
      [],
      [0],
      [2],
      [],
    ]);
  });

  test('are either before a close and counted or after it and refused', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const votes = new VoteBatches({ db, clock });
    const early = people(20).map((n) => votes.cast(press(asked, `1${n}`, { userId: `early${n}` })));
    const closing = closePoll(db, everyServer, { pollId: asked.id, interactionId: 'close', now });
    const late = people(20).map((n) => votes.cast(press(asked, `2${n}`, { userId: `late${n}` })));
    const results = await Promise.all([...early, ...late]);
    await closing;
    const counted = results.filter((result) => result.type === 'added').length;
    expect(results.filter((result) => result.type === 'refused').length).toBe(40 - counted);
    expect((await tally(db, asked))?.voters).toBe(counted);
    expect(await votes.cast(press(asked, '30', { userId: 'after' }))).toMatchObject({ type: 'refused' });
  });

  test('are counted though one among them is refused, misplaced or impossible', async () => {
    const db = await fresh();
    const asked = await postedPoll(db, '1');
    const votes = new VoteBatches({ db, clock });
    const cast = await Promise.allSettled([
      votes.cast(press(asked, '10', { userId: 'ann' })),
      votes.cast(press(asked, '11', { userId: 'bo', position: 7 })),
      votes.cast(press(asked, '12', { userId: 'cem', channelId: '9' })),
      // No text of PostgreSQL's holds this.
      votes.cast(press(asked, '13', { userId: 'd\u0000na' })),
      votes.cast(press(asked, '14', { userId: 'eli', position: 1 })),
      votes.cast(press(asked, '15', { userId: 'ann', position: 2 })),
    ]);
    expect(cast.map((one) => (one.status === 'fulfilled' ? one.value.type : one.status))).toEqual([
      'added',
      'refused',
      'not found',
      'rejected',
      'added',
      'moved',
    ]);
    expect(await choices(db, asked)).toEqual({ ann: [2], eli: [1] });
    expect(await votes.cast(press(asked, '16', { userId: 'femi' }))).toMatchObject({ type: 'added' });
  });
});
