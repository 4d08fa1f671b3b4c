import type { KyselyPlugin } from 'kysely';
import { expect, test } from 'vitest';
import { confirmDraft } from '../../src/bulk/confirm.ts';
import { Runner, type RunnerDeps } from '../../src/bulk/runner.ts';
import { systemClock } from '../../src/clock.ts';
import type { Messages } from '../../src/delivery/messages.ts';
import { createLogger } from '../../src/log.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { actor, later, operationOf, plan, postedPolls, processName } from './bulk-fixture.ts';
import { ShowingDeliverer } from './showing-deliverer.ts';

/** Calls `meanwhile` once, after the first statement that prolongs leases has run and before its answer is seen. */
function whileLeasesAreRenewed(meanwhile: () => void): KyselyPlugin {
  const renewals = new WeakSet<object>();
  let due = true;
  return {
    transformQuery: ({ node, queryId }) => {
      if (node.kind === 'UpdateQueryNode' && node.updates?.length === 1) renewals.add(queryId);
      return node;
    },
    transformResult: async ({ result, queryId }) => {
      if (due && renewals.has(queryId)) {
        due = false;
        meanwhile();
      }
      return result;
    },
  };
}

describeEachDatabase('the runner', (fresh) => {
  test('keeps an operation that it takes on while it renews its leases', async () => {
    const plain = await fresh();
    await postedPolls(plain, 2);
    const draft = await operationOf(plain, await plan(plain));
    const confirmed = (await confirmDraft(plain, draft, actor(), processName, later))!;
    const hold = { operationId: confirmed.id, fence: confirmed.fence };
    const db = plain.withPlugin(whileLeasesAreRenewed(() => runner.adopt(hold, Promise.resolve())));

    const shown = Promise.withResolvers<void>();
    const take = async (_to: string, _id: string, body: { embeds?: readonly { title?: string }[] }) => {
      if (body.embeds?.[0]?.title?.endsWith('completed')) shown.resolve();
      return { type: 'sent', channelId: '1', messageId: '1' } as const;
    };
    const messages = { originalOf: () => take('', '', {}), editByToken: take, edit: take };
    const runner = new Runner({
      db,
      deliverer: new ShowingDeliverer(db),
      messages: messages as unknown as Messages,
      names: { guild: () => null, channel: () => null },
      clock: { ...systemClock, now: () => later },
      log: createLogger('silent'),
      process: processName,
      timeoutMs: 60_000,
      limits: { maxConcurrent: 3, maxPerAdmin: 2 },
      onAbort: () => {},
    } as unknown as RunnerDeps);
    runner.start();
    await shown.promise;
    await runner.stop();
    // Nobody had to take it over once its lease had run out.
    expect(await operationOf(plain, hold.operationId)).toMatchObject({
      state: 'completed',
      fence: hold.fence,
    });
  });
});
