import type { Clock } from '../clock.ts';
import type { Room } from './bucket.ts';
import type { BatchHandler, DeliveryJob, FinalOutcome, RetryOutcome } from './delivery-batch.ts';
import { givenUp, type Health } from './health.ts';
import { type Entry, Lane } from './lane.ts';
import { LaneBatch } from './lane-batch.ts';
import type { Outcome } from './outcome.ts';
import { PEOPLE_FIRST } from './pace.ts';

export interface LaneParts {
  /** Sends for one job; `priority` is for the pace. Throws only for a bug or a lost database. */
  readonly send: (job: DeliveryJob, batch: LaneBatch, priority: number) => Promise<Outcome>;
  /** How long Discord's limits make this job wait, in ms. */
  readonly delay: (job: DeliveryJob, now: number) => number;
  /** What is left of a channel's present window of edits; null where it is not known. */
  readonly editRoom: (channelId: string, now: number) => Room | null;
  readonly health: Health;
  /** Whether Discord answers a request that has nothing to do with polls. */
  readonly discordAnswers: () => Promise<boolean>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 15_000;

/**
 * One lane per channel, one request in flight per lane. In a lane people's jobs go before bulk ones; between lanes the
 * pace lets people go first and then the longest lane. A job waits in its lane, never inside the REST client, so that a
 * batch can be stopped.
 */
export class Lanes {
  private readonly parts: LaneParts;
  private readonly lanes = new Map<string, Lane>();
  private running = 0;
  private closing = false;
  private idle: PromiseWithResolvers<void> | null = null;

  constructor(parts: LaneParts) {
    this.parts = parts;
  }

  add(jobs: readonly DeliveryJob[], handler: BatchHandler, people: boolean): LaneBatch {
    const batch = new LaneBatch(handler, people, jobs.length, (stopped) => this.remove(stopped));
    if (this.closing) {
      void batch.stop();
      return batch;
    }
    for (const job of jobs) {
      const lane = this.lane(job.channelId);
      lane.push({ job, batch, attempts: 0, notBefore: 0 });
    }
    for (const channelId of new Set(jobs.map((job) => job.channelId))) this.lane(channelId).wake.abort();
    return batch;
  }

  /** Takes out everything that is not in flight; resolves when nothing is in flight any more. Nothing starts again. */
  async close(): Promise<void> {
    this.closing = true;
    const batches = new Set<LaneBatch>();
    for (const lane of this.lanes.values()) {
      for (const { batch } of lane.entries) batches.add(batch);
    }
    for (const batch of batches) void batch.stop();
    this.wakeAll();
    if (this.running === 0) return;
    this.idle = Promise.withResolvers();
    await this.idle.promise;
  }

  private lane(channelId: string): Lane {
    const known = this.lanes.get(channelId);
    if (known) return known;
    const lane = new Lane(channelId);
    this.lanes.set(channelId, lane);
    this.running += 1;
    // Starts after the caller has put its jobs in.
    queueMicrotask(() => void this.run(lane));
    return lane;
  }

  private async run(lane: Lane): Promise<void> {
    const { clock, health, delay, editRoom } = this.parts;
    while (lane.length > 0) {
      const now = clock.now().getTime();
      const next = lane.next(now, delay, (at) => editRoom(lane.channelId, at));
      const waitMs = 'entry' in next ? health.wait(now) : next.waitMs;
      if (waitMs > 0 || !('entry' in next)) {
        await this.rest(lane, waitMs);
        continue;
      }
      const { length } = lane;
      lane.take(next.entry);
      await this.work(lane, next.entry, next.entry.batch.people ? PEOPLE_FIRST : length);
    }
    this.lanes.delete(lane.channelId);
    this.running -= 1;
    if (this.running === 0) this.idle?.resolve();
  }

  private async rest(lane: Lane, ms: number): Promise<void> {
    lane.wake = new AbortController();
    await this.parts.clock.sleep(ms, lane.wake.signal);
  }

  private async work(lane: Lane, entry: Entry, priority: number): Promise<void> {
    const { health, send, clock } = this.parts;
    const { batch, job } = entry;
    batch.enter();
    try {
      health.started(job.pollId);
      entry.attempts += 1;
      const outcome = await send(job, batch, priority);
      const now = clock.now().getTime();
      if (outcome.type === 'retry') await this.retry(lane, entry, outcome, now);
      else await this.settle(lane, entry, outcome, now);
    } catch (error) {
      health.forget(job.pollId, clock.now().getTime());
      batch.break(error);
    } finally {
      batch.leave();
    }
  }

  private async settle(lane: Lane, entry: Entry, outcome: FinalOutcome, now: number): Promise<void> {
    const { health } = this.parts;
    const { batch, job } = entry;
    const wasOutage = health.outage;
    // A refusal is an answer too: Discord is there.
    if (outcome.type === 'done') health.succeeded(job.pollId, now);
    else health.forget(job.pollId, now);
    if (wasOutage && !health.outage) this.wakeAll();
    const alike = outcome.type === 'failed' && outcome.scope === 'channel' ? lane.takeAll(batch) : [];
    for (const other of alike) health.forget(other.job.pollId, now);
    await batch.settle([job, ...alike.map((other) => other.job)], outcome, entry.attempts);
    if (outcome.type === 'abort') await this.abort(outcome);
  }

  /** Discord refuses the token: nobody's job can go on. */
  private async abort(outcome: FinalOutcome): Promise<void> {
    const left = [...this.lanes.values()].flatMap((lane) => lane.takeEverything());
    this.wakeAll();
    for (const [batch, entries] of Map.groupBy(left, (entry) => entry.batch)) {
      const jobs = entries.map((entry) => entry.job);
      await batch.settle(jobs, outcome, entries[0]?.attempts ?? 0).catch((error) => batch.break(error));
    }
  }

  private async retry(lane: Lane, entry: Entry, outcome: RetryOutcome, now: number): Promise<void> {
    const { health, delay, random } = this.parts;
    const { batch, job } = entry;
    if (!outcome.attempt) {
      entry.attempts -= 1;
      health.inconclusive(job.pollId, now);
      // Where the limits know of it they hold back just this kind of request; otherwise the whole lane waits.
      if (outcome.code === '429') {
        if (delay(job, now) === 0) lane.notBefore = Math.max(lane.notBefore, now + outcome.afterMs);
      } else entry.notBefore = now + outcome.afterMs;
    } else if (await this.hopeless(job, now, batch.anyDone)) {
      await this.settle(lane, entry, givenUp(outcome), now);
      return;
    } else {
      const backoff = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (entry.attempts - 1));
      entry.notBefore = now + Math.max(outcome.afterMs, backoff * (0.75 + random() / 2));
    }
    if (this.closing) batch.stopped = true;
    if (batch.stopped) {
      health.forget(job.pollId, now);
      return;
    }
    if (outcome.attempt) batch.handler.retrying?.(job, outcome, entry.attempts);
    lane.putBack(entry);
  }

  private async hopeless({ pollId }: DeliveryJob, now: number, siblingsDone: boolean): Promise<boolean> {
    const verdict = this.parts.health.failed(pollId, now, siblingsDone);
    return verdict === 'give up' || (verdict === 'ask' && (await this.parts.discordAnswers()));
  }

  private remove(batch: LaneBatch): void {
    const now = this.parts.clock.now().getTime();
    for (const lane of this.lanes.values()) {
      const taken = lane.takeAll(batch);
      for (const { job } of taken) this.parts.health.forget(job.pollId, now);
      if (taken.length > 0) lane.wake.abort();
    }
  }

  private wakeAll(): void {
    for (const lane of this.lanes.values()) lane.wake.abort();
  }
}
