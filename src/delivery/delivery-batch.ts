import type { Outcome } from './outcome.ts';

/** One poll whose message must show it. `messageId` tells the message's age, on which Discord's limits depend. */
export interface DeliveryJob {
  readonly pollId: number;
  readonly channelId: string;
  readonly messageId: string | null;
}

export type FinalOutcome = Extract<Outcome, { type: 'done' | 'failed' | 'abort' }>;
export type RetryOutcome = Extract<Outcome, { type: 'retry' }>;

export interface BatchHandler {
  /**
   * Posts the message again if somebody deleted it by hand (reopen, status, settings). Otherwise such a poll is done.
   */
  readonly repost: boolean;
  /** Its polls are deleted ones. Many messages of a channel may go in one request. */
  readonly deletes?: boolean;
  /**
   * Called once for each job with its final outcome, and awaited before the channel's next request. `jobs` holds more
   * than one if a request deleted many messages, or if a refusal settled the rest of the batch's polls in the
   * channel. `attempts` is that of the first.
   */
  settled(jobs: readonly DeliveryJob[], outcome: FinalOutcome, attempts: number): Promise<void>;
  /** An attempt failed for now and will be repeated. */
  retrying?(job: DeliveryJob, outcome: RetryOutcome, attempts: number): void;
}

/** Jobs under way. */
export interface Batch {
  /**
   * Resolves when every job is settled or the batch was stopped. Rejects if `settled`, or the source of more jobs,
   * threw (a bug, a lost database).
   */
  readonly finished: Promise<void>;
  /** Takes what is not in flight out of the lanes. Resolves when nothing of the batch is in flight any more. */
  stop(): Promise<void>;
}

/** What the rest of the bot asks of delivery. */
export interface Deliverer {
  /**
   * Starts background work. It goes after people's, the lane with the longest way to go first. `more`: jobs that come
   * while the first are under way. It is asked for the next ones as soon as it gave some, until it ends or the batch
   * is stopped.
   */
  startBatch(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    more?: AsyncIterable<readonly DeliveryJob[]>,
  ): Batch;
  /**
   * Shows a poll soon that changed outside an operation (vote, scheduler, create), ahead of background work. Many
   * calls make one edit.
   */
  refresh(job: DeliveryJob): void;
  /** As `refresh`, and resolves with the final outcome; null if that takes longer than `withinMs` (it goes on). */
  deliver(job: DeliveryJob, withinMs: number): Promise<FinalOutcome | null>;
}
