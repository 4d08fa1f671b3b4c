import { sql } from 'kysely';
import type { Db } from '../../../src/db/schema.ts';
import type { Batch, BatchHandler, Deliverer, DeliveryJob } from '../../../src/delivery/delivery-batch.ts';

const refusal = { type: 'failed', code: '50001', reason: 'no access', scope: 'poll' } as const;

/**
 * Delivery without Discord: each message shows its poll at once, one after the other, but for those refused. `beforeEach`
 * lets a test step in between; without it all messages are shown together.
 */
export class ShowingDeliverer implements Deliverer {
  readonly refused = new Set<number>();
  beforeEach: ((job: DeliveryJob) => Promise<void>) | null = null;
  /** The polls shown so far, in order. */
  readonly shown: number[] = [];
  /** Resolves when a batch is stopped before its end. */
  readonly stopped: Promise<void>;
  #resolveStopped = () => {};
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }

  startBatch(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    more?: AsyncIterable<readonly DeliveryJob[]>,
  ): Batch {
    const batch = { stopping: false };
    const finished = this.#work(jobs, handler, batch).then(async () => {
      for await (const some of more ?? []) {
        await this.#work(some, handler, batch);
        if (batch.stopping) return;
      }
    });
    return {
      finished,
      stop: async () => {
        batch.stopping = true;
        await finished;
        this.#resolveStopped();
      },
    };
  }

  refresh(): void {}

  deliver(): Promise<null> {
    return Promise.resolve(null);
  }

  async #work(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    batch: { readonly stopping: boolean },
  ): Promise<void> {
    const turns = this.beforeEach ? jobs.map((job) => [job]) : [jobs];
    for (const turn of turns) {
      if (batch.stopping) return;
      for (const job of turn) await this.beforeEach?.(job);
      const refused = turn.filter(({ pollId }) => this.refused.has(pollId));
      const taken = turn.filter(({ pollId }) => !this.refused.has(pollId));
      await this.#show(taken.map(({ pollId }) => pollId));
      if (taken.length > 0) await handler.settled(taken, { type: 'done', revision: 0 }, 1);
      if (refused.length > 0) await handler.settled(refused, refusal, 1);
    }
  }

  async #show(ids: number[]): Promise<void> {
    await sql`
      update polls set shown_revision = revision, sent_revision = revision,
        message_id = case when deleted_at is null then coalesce(message_id, 'posted again') end
      where id = any(${ids}::int[])`.execute(this.#db);
    this.shown.push(...ids);
  }
}
