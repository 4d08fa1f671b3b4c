import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { embeddedDatabase } from '../../../sandbox/shows/bench/measure/bench-database.ts';
import { plansPage } from '../../../sandbox/shows/bench/scale/query-plans.ts';
import { runScale } from '../../../sandbox/shows/bench/scale/run-scale.ts';
import { scaleRows } from '../../../sandbox/shows/bench/scale/scale-rows.ts';
import { ownGuild, seedPolls, sought } from '../../../sandbox/shows/bench/scale/seed-polls.ts';
import { countPolls } from '../../../src/polls/lists/match-polls.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { describeEachDatabase } from '../../support/databases.ts';

test('more than twice the time holds while it adds no more than a round trip to Discord', () => {
  const time = (smallMs: number, largeMs: number) => ({ name: 'x', demanded: true, smallMs, largeMs });
  const rows = scaleRows([time(5, 11), time(5, 105), time(5, 106), time(200, 400), time(200, 401)]);
  expect(rows.map(({ holds }) => holds)).toEqual([true, true, false, true, false]);
  expect(rows[0]!.measured).toBe('2.20 × (11.0 ms ÷ 5.0 ms)');
  expect(scaleRows([{ ...time(1, 1000), demanded: false }])[0]!.holds).toBeNull();
});

test('everything is done and measured on a small scale too, and every query has its plan', async () => {
  const sizes = { small: { polls: 2000, own: 2000 }, large: { polls: 6000, own: 2000 }, turns: 1 };
  const { times, plans } = await runScale(embeddedDatabase, sizes, () => {});
  expect(times.length).toBeGreaterThan(40);
  expect(times.filter(({ smallMs, largeMs }) => !(smallMs > 0 && largeMs > 0))).toEqual([]);
  expect(new Set(times.map(({ name }) => name)).size).toBe(times.length);
  for (const { statements } of plans) expect(statements.map(({ plan }) => plan)).not.toEqual([]);
  const page = plansPage(plans, 'a test');
  for (const { name } of plans) expect(page).toContain(`### ${name}\n`);
});

describeEachDatabase('seeded polls', (fresh) => {
  test('have each text as often as is said, and keep every index', async () => {
    const db = await fresh();
    const indexes = async () =>
      (
        await sql<{ definition: string }>`
        select indexdef as definition from pg_indexes where tablename = 'polls' order by 1`.execute(db)
      ).rows;
    const before = await indexes();
    await seedPolls(db, { polls: 4000, own: 2000 }, new Date());
    expect(await indexes()).toEqual(before);
    const count = async (text: string | undefined, scope = oneServer(ownGuild)) =>
      (await countPolls(db, scope, { text })).count;
    const near = (expected: number) =>
      expect.toSatisfy((n: number) => Math.abs(n - expected) < 5 + expected / 5);
    // One in a hundred is deleted.
    expect(await count(undefined, everyServer)).toEqual(near(3960));
    expect([
      await count(undefined),
      await count(sought.rare),
      await count(sought.thousand),
      await count(sought.common),
      await count(sought.elsewhere),
      await count(sought.noTwoLetters, everyServer),
    ]).toEqual([near(1980), near(99), near(990), near(198), near(25), 0]);
  });
});
