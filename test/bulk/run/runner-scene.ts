import type { KyselyPlugin } from 'kysely';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { AdmissionLimits } from '../../../src/bulk/lifecycle/admission.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { confirmDraft } from '../../../src/bulk/plan/confirm.ts';
import { Runner, type RunnerParts } from '../../../src/bulk/run/runner.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { Messages } from '../../../src/delivery/messages/messages.ts';
import { actor, later, operationOf, plan, processName } from '../bulk-fixture.ts';
import { ShowingDeliverer } from '../progress/showing-deliverer.ts';

/** Pauses take a fiftieth of their time, and monotonic time is where the test puts it. */
export class QuickClock implements Clock {
  ahead = 0;
  now = () => later;
  monotonic = () => performance.now() + this.ahead;
  sleep = (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal);
}

/** A runner that shows results to nobody, and says when one would be shown, and in which words. */
export function runnerWith(
  db: Db,
  deliverer: ShowingDeliverer,
  clock: Clock = new QuickClock(),
  admissionLimits: AdmissionLimits = { maxConcurrent: 3, maxPerAdmin: 2 },
) {
  const titles: string[] = [];
  const seen: { wanted: string; found: () => void }[] = [];
  const take = async (_to: string, _id: string, body: { embeds?: readonly { title?: string }[] }) => {
    const title = body.embeds?.[0]?.title ?? '';
    titles.push(title);
    for (const { wanted, found } of seen) if (title.endsWith(wanted)) found();
    return { type: 'sent', channelId: '1', messageId: '1' } as const;
  };
  const messages = { originalOf: () => take('', '', {}), editByToken: take, edit: take };
  const runner = new Runner({
    db,
    deliverer,
    messages: messages as unknown as Messages,
    names: { server: () => null, channel: () => null },
    clock,
    log: createLogger('silent'),
    processId: processName,
    timeoutMs: 60_000_000,
    admissionLimits,
    onAbort: () => {},
  } as unknown as RunnerParts);
  onTestFinished(() => runner.stop());
  const shown = (wanted: string) => new Promise<void>((found) => seen.push({ wanted, found }));
  return { runner, shown, titles };
}

/** A delivery that says when it comes to its first message, and shows none before `goOn` is called. */
export function gated(db: Db) {
  const [reached, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const deliverer = new ShowingDeliverer(db);
  deliverer.beforeEach = () => {
    reached.resolve();
    return free.promise;
  };
  return { deliverer, reached: reached.promise, goOn: free.resolve };
}

export async function confirmed(db: Db, ids?: readonly number[]): Promise<Lease> {
  const draft = await operationOf(db, await plan(db, ids ? { filter: { ids } } : {}));
  const operation = (await confirmDraft(db, draft, actor(), { processId: processName, now: later }))!;
  return { operationId: operation.id, fence: operation.fence };
}

export async function takeovers(db: Db): Promise<number> {
  const rows = await db.selectFrom('audit').select('id').where('event', '=', 'taken over').execute();
  return rows.length;
}

/** Calls `meanwhile` once, after the first statement that prolongs leases has run and before its answer is seen. */
export function whileLeasesAreRenewed(meanwhile: () => void): KyselyPlugin {
  const renewals = new WeakSet<object>();
  let due = true;
  return {
    transformQuery: ({ node, queryId }) => {
      if (node.kind === 'SelectQueryNode' && node.with?.expressions.length === 2) renewals.add(queryId);
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
