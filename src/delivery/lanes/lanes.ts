import type { Clock } from '../../base/clock.ts';
import type { BatchHandler, DeliveryJob, FinalOutcome, RetryOutcome } from '../delivery-batch.ts';
import type { Outcome } from '../outcome.ts';
import { peopleFirst } from '../pace/pace.ts';
import { givenUp, type Health } from './health.ts';
import { type Entries, type Entry, isSome, Lane, type LaneParts } from './lane.ts';
import { LaneBatch } from './lane-batch.ts';

export interface LanesParts extends Omit<LaneParts, 'today'> {
  /** Sends for one job. `priority` is for the pace. Throws only for a bug or a lost database. */
  readonly send: (job: DeliveryJob, batch: LaneBatch, priority: number) => Promise<Outcome>;
  /** Deletes the messages of several jobs of one channel by one request. Throws as `send`. */
  readonly sendTogether?: (
    jobs: readonly DeliveryJob[],
    batch: LaneBatch,
    priority: number,
  ) => Promise<TogetherOutcome>;
  readonly health: Health;
  /** Whether Discord answers a request that has nothing to do with polls. */
  readonly discordAnswers: () => Promise<boolean>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * What became of jobs that were sent together. `apart`: those that must be sent one by one. The outcome is that of
 * the others.
 */
export interface TogetherOutcome {
  readonly outcome: Outcome | null;
  readonly apart: readonly DeliveryJob[];
}

/**
 * After so many failures for now, jobs that were sent together go one by one. Only so the job that is to blame shows.
 */
const triesTogether = 2;
const firstBackoffMs = 500;
const lastBackoffMs = 15_000;
/**
 * A poll whose message must wait for longer than this, in ms, is looked at meanwhile: it may have another message by
 * then.
 */
const longestRestMs = 60_000;

/**
 * One lane for each channel, one request in flight in each. In a lane people's jobs go before background ones, and
 * operations take turns. Between lanes the pace lets people go first, then the lane with the longest way to go. A job
 * waits in its lane, never inside the REST client, so that a batch can be stopped.
 */
export class Lanes {
  readonly #parts: LanesParts;
  readonly #laneParts: LaneParts;
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #batches = 0;
  #closing = false;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(parts: LanesParts) {
    this.#parts = parts;
    this.#laneParts = { ...parts, today: () => parts.clock.now().getTime() };
  }

  /**
   * `turn`: batches of the same name take turns as one. Default: each by itself. `more`: jobs that come later; it is
   * asked until it ends or the batch is stopped.
   */
  add(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    people: boolean,
    turn?: string,
    more: AsyncIterable<readonly DeliveryJob[]> = none(),
  ): LaneBatch {
    this.#batches += 1;
    const batch = new LaneBatch(handler, { people, turn: turn ?? `batch ${this.#batches}` }, (stopped) =>
      this.#remove(stopped),
    );
    batch.enter();
    void this.#feed(batch, jobs, more);
    return batch;
  }

  /** Puts jobs into their lanes as they come; the first at once. */
  async #feed(
    batch: LaneBatch,
    jobs: readonly DeliveryJob[],
    more: AsyncIterable<readonly DeliveryJob[]>,
  ): Promise<void> {
    try {
      this.#put(batch, jobs);
      if (batch.stopped) return;
      for await (const some of more) {
        this.#put(batch, some);
        if (batch.stopped) return;
      }
    } catch (error) {
      batch.break(error);
    } finally {
      batch.leave();
    }
  }

  #put(batch: LaneBatch, jobs: readonly DeliveryJob[]): void {
    if (this.#closing) batch.stopped = true;
    if (batch.stopped) return;
    batch.grow(jobs.length);
    for (const job of jobs) this.#lane(job.channelId).push({ job, batch, attempts: 0, notBefore: 0 });
    for (const channelId of new Set(jobs.map((job) => job.channelId))) this.#lane(channelId).wake.abort();
  }

  /** For metrics: channels at work, jobs that wait in them, and whether everything fails. */
  get waiting(): { lanes: number; jobs: number; outage: boolean } {
    const jobs = [...this.#lanes.values()].reduce((sum, lane) => sum + lane.length, 0);
    return { lanes: this.#lanes.size, jobs, outage: this.#parts.health.outage };
  }

  /** Takes out everything that is not in flight. Resolves when nothing is in flight any more. Nothing starts again. */
  async close(): Promise<void> {
    this.#closing = true;
    const batches = new Set<LaneBatch>();
    for (const lane of this.#lanes.values()) {
      for (const { batch } of lane.entries) batches.add(batch);
    }
    for (const batch of batches) void batch.stop();
    this.#wakeAll();
    if (this.#running === 0) return;
    this.#idle = Promise.withResolvers();
    await this.#idle.promise;
  }

  #lane(channelId: string): Lane {
    const known = this.#lanes.get(channelId);
    if (known) return known;
    const lane = new Lane(channelId, this.#laneParts);
    this.#lanes.set(channelId, lane);
    this.#running += 1;
    // Starts after the caller has put its jobs in.
    queueMicrotask(() => void this.#run(lane));
    return lane;
  }

  async #run(lane: Lane): Promise<void> {
    const { clock, health } = this.#parts;
    while (lane.length > 0) {
      const now = clock.monotonic();
      const next = lane.next(now);
      const waitMs = 'entry' in next ? health.wait(now) : next.waitMs;
      if (waitMs > 0 || !('entry' in next)) {
        await this.#rest(lane, waitMs);
        continue;
      }
      const urgency = lane.urgency(now);
      const entries = this.#parts.sendTogether ? lane.together(next.entry, now) : ([next.entry] as const);
      lane.take(entries);
      await this.#work(lane, entries, next.entry.batch.people ? peopleFirst : urgency);
    }
    this.#lanes.delete(lane.channelId);
    this.#running -= 1;
    if (this.#running === 0) this.#idle?.resolve();
  }

  async #rest(lane: Lane, ms: number): Promise<void> {
    lane.wake = new AbortController();
    await this.#parts.clock.sleep(ms, lane.wake.signal);
  }

  async #work(lane: Lane, entries: Entries, priority: number): Promise<void> {
    const { health, clock } = this.#parts;
    const [{ batch, job }] = entries;
    batch.enter();
    try {
      health.started(job.pollId);
      for (const entry of entries) entry.attempts += 1;
      const { outcome, apart } = await this.#send(entries, batch, priority);
      const now = clock.monotonic();
      const rest = apart.length === 0 ? entries : this.#sendApart(lane, entries, apart, now);
      if (outcome === null || !isSome(rest)) health.inconclusive(job.pollId, now);
      else if (outcome.type === 'retry') await this.#retry(lane, rest, outcome, now);
      else await this.#settle(lane, rest, outcome, now);
    } catch (error) {
      health.forget(job.pollId, clock.monotonic());
      batch.break(error);
    } finally {
      batch.leave();
    }
  }

  async #send(entries: Entries, batch: LaneBatch, priority: number): Promise<TogetherOutcome> {
    const { send, sendTogether } = this.#parts;
    const jobs = entries.map((entry) => entry.job);
    if (jobs.length > 1 && sendTogether) return await sendTogether(jobs, batch, priority);
    return { outcome: await send(jobs[0]!, batch, priority), apart: [] };
  }

  /** Puts back what must go by itself. Returns the others. */
  #sendApart(lane: Lane, entries: Entries, apart: readonly DeliveryJob[], now: number): readonly Entry[] {
    const jobs = new Set(apart);
    const separate = entries.filter((entry) => jobs.has(entry.job));
    for (const entry of separate) {
      entry.alone = true;
      entry.attempts -= 1;
      this.#parts.health.inconclusive(entry.job.pollId, now);
    }
    if (isSome(separate)) this.#putBack(lane, separate, now);
    return entries.filter((entry) => !jobs.has(entry.job));
  }

  async #settle(lane: Lane, entries: Entries, outcome: FinalOutcome, now: number): Promise<void> {
    const { health } = this.#parts;
    const [{ batch, attempts }] = entries;
    const wasOutage = health.outage;
    // A refusal is an answer too: Discord is there.
    for (const { job } of entries) {
      if (outcome.type === 'done') health.succeeded(job.pollId, now);
      else health.forget(job.pollId, now);
    }
    if (wasOutage && !health.outage) this.#wakeAll();
    const channelWide = outcome.type === 'failed' && outcome.scope === 'channel';
    const alike = channelWide ? lane.takeAll(batch, outcome.right) : [];
    if (channelWide) batch.refusals.add(lane.channelId, outcome);
    for (const other of alike) health.forget(other.job.pollId, now);
    const jobs = [...entries, ...alike].map((entry) => entry.job);
    await batch.settle(jobs, outcome, attempts);
    if (outcome.type === 'abort') await this.#abort(outcome);
  }

  /** Discord refuses the token: nobody's job can go on. */
  async #abort(outcome: FinalOutcome): Promise<void> {
    const left = [...this.#lanes.values()].flatMap((lane) => lane.takeEverything());
    this.#wakeAll();
    for (const [batch, entries] of Map.groupBy(left, (entry) => entry.batch)) {
      const jobs = entries.map((entry) => entry.job);
      await batch.settle(jobs, outcome, entries[0]?.attempts ?? 0).catch((error) => batch.break(error));
    }
  }

  async #retry(lane: Lane, entries: Entries, outcome: RetryOutcome, now: number): Promise<void> {
    const { health, delay, random } = this.#parts;
    const [first] = entries;
    const { batch, job } = first;
    let notBefore = now;
    if (!outcome.attempt) {
      health.inconclusive(job.pollId, now);
      for (const entry of entries) entry.attempts -= 1;
      // If the limits know of it, they hold back just this kind of request. Otherwise the whole lane waits.
      if (outcome.code === '429') {
        const known = delay(job, now, lane.kindOf(first)) > 0;
        if (!known) lane.notBefore = Math.max(lane.notBefore, now + outcome.afterMs);
      } else notBefore = now + Math.min(outcome.afterMs, longestRestMs);
    } else if (await this.#hopeless(entries, now)) {
      await this.#settle(lane, entries, givenUp(outcome), now);
      return;
    } else {
      const backoff = Math.min(lastBackoffMs, firstBackoffMs * 2 ** (first.attempts - 1));
      notBefore = now + Math.max(outcome.afterMs, backoff * (0.75 + random() / 2));
    }
    for (const entry of entries) {
      entry.notBefore = notBefore;
      if (entry.attempts >= triesTogether) entry.alone = true;
    }
    if (!this.#putBack(lane, entries, now) || !outcome.attempt) return;
    for (const entry of entries) batch.handler.retrying?.(entry.job, outcome, entry.attempts);
  }

  /** Puts entries back into the lane, ahead of the others. False: the batch was stopped meanwhile. */
  #putBack(lane: Lane, entries: Entries, now: number): boolean {
    const [{ batch }] = entries;
    if (this.#closing) batch.stopped = true;
    if (batch.stopped) for (const { job } of entries) this.#parts.health.forget(job.pollId, now);
    else lane.putBack(entries);
    return !batch.stopped;
  }

  /** Jobs that were sent together count as one failure. They go one by one before any of them is given up. */
  async #hopeless(entries: Entries, now: number): Promise<boolean> {
    const [{ batch, job }] = entries;
    const verdict = this.#parts.health.failed(job.pollId, now, batch.anyDone);
    if (entries.length > 1) return false;
    return verdict === 'give up' || (verdict === 'ask' && (await this.#parts.discordAnswers()));
  }

  #remove(batch: LaneBatch): void {
    const now = this.#parts.clock.monotonic();
    for (const lane of this.#lanes.values()) {
      const taken = lane.takeAll(batch);
      for (const { job } of taken) this.#parts.health.forget(job.pollId, now);
      if (taken.length > 0) lane.wake.abort();
    }
  }

  #wakeAll(): void {
    for (const lane of this.#lanes.values()) lane.wake.abort();
  }
}

async function* none(): AsyncGenerator<never> {}
