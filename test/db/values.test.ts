import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';

describeEachDatabase('values', (fresh) => {
  test('arrive as the same types from both drivers', async () => {
    const db = await fresh();
    const { rows } = await sql`
      select 7::int8 as int8, 9007199254740993::int8 as past_safe, sum(n) as sum, avg(n) as avg, count(*) as count,
        '2026-12-01 18:00:00+02'::timestamptz as at, '2026-12-01'::date as day, '{"a": [1]}'::jsonb as json,
        array[1, 2] as ints, array['a', 'b'] as texts, true as yes, extract(hour from '2026-12-01 18:00:00+02'::timestamptz) as hour
      from (values (1), (2)) as numbers (n)`.execute(db);
    expect(rows[0]).toEqual({
      int8: 7,
      past_safe: 9007199254740992,
      sum: 3,
      avg: 1.5,
      count: 2,
      at: new Date('2026-12-01T16:00:00Z'),
      day: '2026-12-01',
      json: { a: [1] },
      ints: [1, 2],
      texts: ['a', 'b'],
      yes: true,
      hour: 16,
    });
  });

  test('go in as the same types with both drivers', async () => {
    const db = await fresh();
    const json = JSON.stringify({ text: 'a "quoted" 🎉', list: [] });
    const { rows } = await sql`
      select ${json}::jsonb as json, ${new Date(5)}::timestamptz as at, 2 = any(${[1, 2]}::int[]) as ints,
        'b' = any(${['a', 'b']}::text[]) as texts`.execute(db);
    expect(rows[0]).toEqual({
      json: { text: 'a "quoted" 🎉', list: [] },
      at: new Date(5),
      ints: true,
      texts: true,
    });
  });

  test('give each test an empty database', async () => {
    for (const id of ['1', '1']) {
      const db = await fresh();
      await db
        .insertInto('audit')
        .values({ at: new Date(0), process: 'p', event: id, details: '{}' })
        .execute();
      expect(await db.selectFrom('audit').select('id').execute()).toEqual([{ id: 1 }]);
    }
  });
});
