import type { Clock } from '../../base/clock.ts';
import type { DeliveryJob, FinalOutcome, RetryOutcome } from '../delivery-batch.ts';
import type { Outcome } from '../outcome.ts';
import { givenUp, type Health } from './health.ts';
import { type Delay, type Entries, type Entry, isSome, type Lane } from './lane.ts';
import type { LaneBatch } from './lane-batch.ts';

/**
 * What became of jobs that were sent together. `apart`: those that must be sent one by one. The outcome is that of
 * the others.
 */
export interface TogetherOutcome {
  readonly outcome: Outcome | null;
  readonly apart: readonly DeliveryJob[];
}

export interface AttemptParts {
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
  readonly delay: Delay;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What an attempt may mean for the other lanes. */
export interface OtherLanes {
  /** No job goes back into its lane any more. */
  isClosing(): boolean;
  /** Discord is there again. */
  wakeAll(): void;
  /** Discord refuses the token: takes out all jobs, since none of them can go on. */
  takeEverything(): Entry[];
}

/** After so many failures for now, jobs that were sent together go one by one. Only so the job that is to blame shows. */
const triesTogether = 2;
const firstBackoffMs = 500;
const lastBackoffMs = 15_000;
/** A poll whose message must wait for longer than this, in ms, is looked at meanwhile: it may have another message by then. */
const longestRestMs = 60_000;

/** Makes the attempts of the lanes. Does with each what its outcome demands: settles it, or puts it back for later. */
export class Attempts {
  readonly #parts: AttemptParts;
  readonly #others: OtherLanes;

  constructor(parts: AttemptParts, others: OtherLanes) {
    this.#parts = parts;
    this.#others = others;
  }

  /** Makes one attempt with entries that were taken out of their lane. Never rejects: an error breaks its batch. */
  async make(lane: Lane, entries: Entries, priority: number): Promise<void> {
    const { health, clock } = this.#parts;
    const [{ batch, job }] = entries;
    batch.enter();
    try {
      health.started(job.pollId);
      for (const entry of entries) entry.attempts += 1;
      const { outcome, apart } = await this.#send(entries, batch, priority);
      const now = clock.monotonic();
      const rest = apart.length === 0 ? entries : this.#separate(lane, entries, apart, now);
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
  #separate(lane: Lane, entries: Entries, apart: readonly DeliveryJob[], now: number): readonly Entry[] {
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
    if (wasOutage && !health.outage) this.#others.wakeAll();
    const channelWide = outcome.type === 'failed' && outcome.scope === 'channel';
    const alike = channelWide ? lane.takeAll(batch, outcome.right) : [];
    if (channelWide) batch.refusals.add(lane.channelId, outcome);
    for (const other of alike) health.forget(other.job.pollId, now);
    const jobs = [...entries, ...alike].map((entry) => entry.job);
    await batch.settle(jobs, outcome, attempts);
    if (outcome.type === 'abort') await this.#abort(outcome);
  }

  async #abort(outcome: FinalOutcome): Promise<void> {
    const left = this.#others.takeEverything();
    this.#others.wakeAll();
    for (const [batch, entries] of Map.groupBy(left, (entry) => entry.batch)) {
      const jobs = entries.map((entry) => entry.job);
      await batch.settle(jobs, outcome, entries[0]?.attempts ?? 0).catch((error) => batch.break(error));
    }
  }

  async #retry(lane: Lane, entries: Entries, outcome: RetryOutcome, now: number): Promise<void> {
    if (outcome.attempt && (await this.#isHopeless(entries, now)))
      return await this.#settle(lane, entries, givenUp(outcome), now);
    const notBefore = outcome.attempt
      ? this.#backoff(entries, outcome, now)
      : this.#withoutBlame(lane, entries, outcome, now);
    for (const entry of entries) {
      entry.notBefore = notBefore;
      if (entry.attempts >= triesTogether) entry.alone = true;
    }
    if (!this.#putBack(lane, entries, now) || !outcome.attempt) return;
    for (const { batch, job, attempts } of entries) batch.handler.retrying?.(job, outcome, attempts);
  }

  /** When entries that failed may go again. */
  #backoff([{ attempts }]: Entries, { afterMs }: RetryOutcome, now: number): number {
    const backoffMs = Math.min(lastBackoffMs, firstBackoffMs * 2 ** (attempts - 1));
    return now + Math.max(afterMs, backoffMs * (0.75 + this.#parts.random() / 2));
  }

  /** When entries may go again that must wait through no fault of theirs. */
  #withoutBlame(lane: Lane, entries: Entries, { code, afterMs }: RetryOutcome, now: number): number {
    const { health, delay } = this.#parts;
    const [first] = entries;
    health.inconclusive(first.job.pollId, now);
    for (const entry of entries) entry.attempts -= 1;
    if (code !== '429') return now + Math.min(afterMs, longestRestMs);
    // If the limits know of it, they hold back just this kind of request. Otherwise the whole lane waits.
    const known = delay(first.job, now, lane.kindOf(first)) > 0;
    if (!known) lane.notBefore = Math.max(lane.notBefore, now + afterMs);
    return now;
  }

  /** Jobs that were sent together count as one failure. They go one by one before any of them is given up. */
  async #isHopeless(entries: Entries, now: number): Promise<boolean> {
    const { health, discordAnswers } = this.#parts;
    const [{ batch, job }] = entries;
    const verdict = health.failed(job.pollId, now, batch.anyDone);
    if (entries.length > 1) return false;
    return verdict === 'give up' || (verdict === 'ask' && (await discordAnswers()));
  }

  /** Puts entries back into the lane, ahead of the others. False: the batch was stopped meanwhile. */
  #putBack(lane: Lane, entries: Entries, now: number): boolean {
    const [{ batch }] = entries;
    if (this.#others.isClosing()) batch.stopped = true;
    if (batch.stopped) for (const { job } of entries) this.#parts.health.forget(job.pollId, now);
    else lane.putBack(entries);
    return !batch.stopped;
  }
}
