import type { DeliveryJob } from './delivery-batch.ts';
import type { LaneBatch } from './lane-batch.ts';
import { showingKind } from './request-kind.ts';

/** A job in its lane. */
export interface Entry {
  readonly job: DeliveryJob;
  readonly batch: LaneBatch;
  attempts: number;
  /** In ms since 1970, as every time here. */
  notBefore: number;
}

/** People go first, but a busy poll must not keep an operation from ever ending in its channel. */
const PEOPLE_IN_ROW = 4;

/** What waits to be sent in one channel, and which of it goes next. */
export class Lane {
  readonly channelId: string;
  /** Nothing goes before. */
  notBefore = 0;
  /** Ends the lane's rest early. */
  wake = new AbortController();
  private readonly people: Entry[] = [];
  private readonly bulk: Entry[] = [];
  /** People's requests since the last bulk one. */
  private peopleInRow = 0;

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  get length(): number {
    return this.people.length + this.bulk.length;
  }

  get entries(): readonly Entry[] {
    return [...this.people, ...this.bulk];
  }

  /** The entry that may go now, or how long until one may. `delay`: what Discord's limits ask of a job, in ms. */
  next(now: number, delay: (job: DeliveryJob, now: number) => number): { entry: Entry } | { waitMs: number } {
    const bulkFirst = this.peopleInRow >= PEOPLE_IN_ROW;
    const order = bulkFirst ? [this.bulk, this.people] : [this.people, this.bulk];
    const delays = new Map<string, number>();
    let waitMs = Number.POSITIVE_INFINITY;
    for (const entries of order) {
      for (const entry of entries) {
        // Only the kind of request matters, of which a lane has two or three.
        const kind = showingKind(entry.job.messageId, now);
        const limitMs = delays.get(kind) ?? delay(entry.job, now);
        delays.set(kind, limitMs);
        const wait = Math.max(limitMs, this.notBefore - now, entry.notBefore - now);
        if (wait <= 0) return { entry };
        waitMs = Math.min(waitMs, wait);
      }
    }
    return { waitMs };
  }

  push(entry: Entry): void {
    this.queueOf(entry.batch).push(entry);
  }

  putBack(entry: Entry): void {
    this.queueOf(entry.batch).unshift(entry);
  }

  take(entry: Entry): void {
    const entries = this.queueOf(entry.batch);
    entries.splice(entries.indexOf(entry), 1);
    this.peopleInRow = entry.batch.people ? this.peopleInRow + 1 : 0;
  }

  takeAll(batch: LaneBatch): Entry[] {
    const entries = this.queueOf(batch);
    const taken = entries.filter((entry) => entry.batch === batch);
    const kept = entries.filter((entry) => entry.batch !== batch);
    entries.splice(0, entries.length, ...kept);
    return taken;
  }

  takeEverything(): Entry[] {
    return [...this.people.splice(0), ...this.bulk.splice(0)];
  }

  private queueOf(batch: LaneBatch): Entry[] {
    return batch.people ? this.people : this.bulk;
  }
}
