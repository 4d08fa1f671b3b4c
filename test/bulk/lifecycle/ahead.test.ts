import { expect, test } from 'vitest';
import { describeEachDatabase } from '../../support/databases.ts';
import { operationOf, plan, postedPolls, running } from '../bulk-fixture.ts';

describeEachDatabase('the estimate of a plan', (fresh) => {
  test('expects to take turns with the operations that run in its channels', async () => {
    const db = await fresh();
    const ids = await postedPolls(db, 45);
    // The messages of the fixture are old: 3 in 6 s.
    const estimateOf = async () =>
      (await operationOf(db, await plan(db, { filter: { ids: ids.slice(0, 5) } }))).estimate_ms;
    const alone = await estimateOf();
    await running(db, { filter: { ids: ids.slice(5) } });
    const beside = await estimateOf();
    expect(beside - alone).toBeGreaterThan(10_000);
    // Not behind all forty of them, which would be 84 s.
    expect(beside).toBeLessThan(20_000);
  });
});
