import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { conditions } from '../../../src/polls/lists/poll-filter.ts';
import { pollsInOrder } from '../../../src/polls/lists/polls-in-order.ts';
import { oneServer } from '../../../src/polls/scope.ts';
import { seeded } from '../../delivery/random.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { postedPoll, serverId } from '../poll-fixture.ts';

const scope = oneServer(serverId);

describeEachDatabase('polls in order', (fresh) => {
  test('that contain a text are the same, however many are looked through first and wherever the list begins', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.info(`seed ${seed}`);
    const random = seeded(seed);
    const db = await fresh();
    const polls: { id: number; question: string; at: Date }[] = [];
    for (let index = 0; index < 40; index += 1) {
      const question = random() < 0.5 ? `Raid ${index}?` : `Quiz ${index}?`;
      const { id } = await postedPoll(db, `${index}`, { question });
      const at = new Date(Date.UTC(2026, 0, 1 + Math.floor(random() * 10)));
      await db.updateTable('polls').set({ created_at: at }).where('id', '=', id).execute();
      polls.push({ id, question, at });
    }
    for (const text of ['raid', 'ra', 'aid 1', 'none', 'a']) {
      for (const key of [null, sql<string>`created_at`]) {
        for (const way of ['asc', 'desc'] as const) {
          const sign = way === 'asc' ? 1 : -1;
          const wanted = polls
            .filter(({ question }) => question.toLowerCase().includes(text))
            .toSorted((a, b) => sign * ((key && a.at.getTime() - b.at.getTime()) || a.id - b.id));
          const limit = 1 + Math.floor(random() * 12);
          for (const lookThrough of [1, 10, 1000]) {
            const found: number[] = [];
            for (let cursor = null, more = true; more; ) {
              const list = { ...conditions(scope, { text }), key, way, cursor, limit, lookThrough };
              const places = await pollsInOrder(db, list);
              found.push(...places.map(({ id }) => id));
              cursor = places.at(-1) ?? null;
              more = places.length === limit;
            }
            expect([seed, text, way, limit, lookThrough, found]).toEqual([
              seed,
              text,
              way,
              limit,
              lookThrough,
              wanted.map(({ id }) => id),
            ]);
          }
        }
      }
    }
  });
});
