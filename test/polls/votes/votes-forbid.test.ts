import { expect, test } from 'vitest';
import type { Db } from '../../../src/db/schema.ts';
import { votesForbid } from '../../../src/polls/votes/votes-forbid.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { recorded } from '../../support/statements.ts';
import { now, postedPoll } from '../poll-fixture.ts';

describeEachDatabase('votes forbid', (fresh) => {
  test('that they are shown where they were promised to be secret', async () => {
    const db = await fresh();
    const voted = await postedPoll(db, '1', { anonymous: true });
    const unvoted = await postedPoll(db, '2', { anonymous: true });
    const open = await postedPoll(db, '3');
    for (const poll of [voted, open]) await choose(db, poll.id, 'ann', [0]);
    const changes = [voted, unvoted, open].map((poll) => ({ poll, becomes: { anonymous: false } }));
    expect(await votesForbid(db, changes)).toEqual(
      new Map([[voted.id, 'it has votes that were promised to be anonymous']]),
    );
  });

  test('fewer choices than somebody made', async () => {
    const db = await fresh();
    const poll = await postedPoll(db, '1', { maxChoices: 3 });
    await choose(db, poll.id, 'ann', [0, 2]);
    await choose(db, poll.id, 'bo', [1]);
    expect(await votesForbid(db, [{ poll, becomes: { max_choices: 2 } }])).toEqual(new Map());
    expect(await votesForbid(db, [{ poll, becomes: { max_choices: 1 } }])).toEqual(
      new Map([[poll.id, 'a voter has already chosen 2 options']]),
    );
  });

  test('nothing else, and are not looked at then', async () => {
    const { db, statements } = recorded(await fresh());
    const poll = await postedPoll(db, '1', { anonymous: true, maxChoices: 2 });
    await choose(db, poll.id, 'ann', [0, 1]);
    const before = statements.length;
    for (const becomes of [{}, { anonymous: true }, { max_choices: 2 }, { max_choices: 3 }]) {
      expect(await votesForbid(db, [{ poll, becomes }])).toEqual(new Map());
    }
    expect(statements.length).toBe(before);
  });
});

async function choose(db: Db, poll_id: number, user_id: string, positions: number[]): Promise<void> {
  const values = positions.map((position) => ({ poll_id, position, user_id, created_at: now }));
  await db.insertInto('votes').values(values).execute();
}
