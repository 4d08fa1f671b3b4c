import type { Outcome } from './outcome.ts';

/** One poll whose message is to show it. `messageId` tells the message's age, which Discord's limits depend on. */
export interface DeliveryJob {
  readonly pollId: number;
  readonly channelId: string;
  readonly messageId: string | null;
}

export type FinalOutcome = Extract<Outcome, { type: 'done' | 'failed' | 'abort' }>;
export type RetryOutcome = Extract<Outcome, { type: 'retry' }>;

export interface BatchHandler {
  /** Post the message again where somebody deleted it by hand (reopen, status, settings); otherwise that is done. */
  readonly repost: boolean;
  /** Its polls are deleted ones: many messages of a channel may go in one request. */
  readonly deletes?: boolean;
  /**
   * Called once for each job with its final outcome, awaited before the channel's next request. `jobs` holds more than one
   * where a request deleted many messages, or where a refusal settled the rest of the batch's polls in the channel.
   * `attempts` is that of the first.
   */
  settled(jobs: readonly DeliveryJob[], outcome: FinalOutcome, attempts: number): Promise<void>;
  /** An attempt failed for now and will be repeated. */
  retrying?(job: DeliveryJob, outcome: RetryOutcome, attempts: number): void;
}

/** Jobs under way. */
export interface Batch {
  /**
   * Resolves when every job is settled or the batch was stopped; rejects if `settled`, or what brings more jobs, threw (a
   * bug, a lost database).
   */
  readonly finished: Promise<void>;
  /** Takes what is not in flight out of the lanes; resolves when nothing of the batch is in flight any more. */
  stop(): Promise<void>;
}

/** What the rest of the bot asks of delivery. */
export interface Deliverer {
  /**
   * Background work: after people's, the lane with the longest way to go first. `more`: jobs that come while the first are under
   * way already; it is asked for the next ones as soon as it gave some, until it ends or the batch is stopped.
   */
  startBatch(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    more?: AsyncIterable<readonly DeliveryJob[]>,
  ): Batch;
  /** A poll changed outside an operation (vote, scheduler, create): show it soon, ahead of background work. Coalesced. */
  touch(job: DeliveryJob): void;
  /** As `touch`, and resolves with the final outcome, or null when it takes longer than `withinMs` (it goes on). */
  deliver(job: DeliveryJob, withinMs: number): Promise<FinalOutcome | null>;
}
