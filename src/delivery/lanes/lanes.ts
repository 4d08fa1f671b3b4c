import type { Clock } from '../../base/clock.ts';
import type { BatchHandler, DeliveryJob } from '../delivery-batch.ts';
import { peopleFirst } from '../pace/pace.ts';
import { type AttemptParts, Attempts } from './attempts.ts';
import { Lane, type LaneParts } from './lane.ts';
import { LaneBatch } from './lane-batch.ts';

export interface LanesParts extends AttemptParts, Omit<LaneParts, 'today'> {
  readonly clock: Clock;
}

/** How a batch goes through the lanes. */
export interface LaneOrder {
  /** Its jobs go ahead of background work. Default: false. */
  readonly people?: boolean;
  /** Batches of the same name take turns as one. Default: each by itself. */
  readonly turn?: string;
  /** Jobs that come later. It is asked until it ends or the batch is stopped. Default: none. */
  readonly more?: AsyncIterable<readonly DeliveryJob[]> | undefined;
}

/**
 * One lane for each channel, one request in flight in each. In a lane people's jobs go before background ones, and
 * operations take turns. Between lanes the pace lets people go first, then the lane with the longest way to go. A job
 * waits in its lane, never inside the REST client, so that a batch can be stopped.
 */
export class Lanes {
  readonly #parts: LanesParts;
  readonly #laneParts: LaneParts;
  readonly #attempts: Attempts;
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #batches = 0;
  #closing = false;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(parts: LanesParts) {
    this.#parts = parts;
    this.#laneParts = { ...parts, today: () => parts.clock.now().getTime() };
    this.#attempts = new Attempts(parts, {
      isClosing: () => this.#closing,
      wakeAll: () => this.#wakeAll(),
      takeEverything: () => [...this.#lanes.values()].flatMap((lane) => lane.takeEverything()),
    });
  }

  add(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    { people = false, turn, more = none() }: LaneOrder = {},
  ): LaneBatch {
    this.#batches += 1;
    const order = { people, turn: turn ?? `batch ${this.#batches}` };
    const batch = new LaneBatch(handler, order, (stopped) => this.#remove(stopped));
    batch.enter();
    void this.#feed(batch, jobs, more);
    return batch;
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

  /** Sends what is in the lane, one request after the other, until it is empty. */
  async #run(lane: Lane): Promise<void> {
    const { clock, health, sendTogether } = this.#parts;
    while (lane.length > 0) {
      const now = clock.monotonic();
      const next = lane.next(now);
      const waitMs = 'entry' in next ? health.wait(now) : next.waitMs;
      if (waitMs > 0 || !('entry' in next)) {
        await this.#rest(lane, waitMs);
        continue;
      }
      const { entry } = next;
      const priority = entry.batch.people ? peopleFirst : lane.urgency(now);
      const entries = sendTogether ? lane.together(entry, now) : ([entry] as const);
      lane.take(entries);
      await this.#attempts.make(lane, entries, priority);
    }
    this.#lanes.delete(lane.channelId);
    this.#running -= 1;
    if (this.#running === 0) this.#idle?.resolve();
  }

  async #rest(lane: Lane, ms: number): Promise<void> {
    lane.wake = new AbortController();
    await this.#parts.clock.sleep(ms, lane.wake.signal);
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
