import { expect, test } from 'vitest';
import { recentOperations } from '../../src/bulk/operation-store.ts';
import { everyServer, oneServer } from '../../src/polls/scope.ts';
import { serverId } from '../polls/poll-fixture.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { madeOperation } from './operation-rows.ts';

describeEachDatabase('recent operations', (fresh) => {
  test('begin with the one of the number that was typed, however old, where the scope may see it', async () => {
    const db = await fresh();
    const away = await madeOperation(db, { scope: '700000000000000777' });
    const made: number[] = [];
    for (let count = 0; count < 5; count += 1) made.unshift(await madeOperation(db));
    const of = async (scope: typeof everyServer, number: number) =>
      (await recentOperations(db, scope, 3, number)).map((operation) => operation.id);
    const newest = made.slice(0, 3);
    expect(await of(oneServer(serverId), made[4]!)).toEqual([made[4], made[0], made[1]]);
    expect(await of(oneServer(serverId), made[0]!)).toEqual(newest);
    expect(await of(oneServer(serverId), away)).toEqual(newest);
    expect(await of(everyServer, away)).toEqual([away, made[0], made[1]]);
    for (const none of [Number.NaN, 0, -1, 1.5, 2 ** 31, 1e21]) {
      expect(await of(everyServer, none)).toEqual(newest);
    }
  });
});
