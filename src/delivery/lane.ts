import type { Room } from './bucket.ts';
import { BULK_DELETE_SIZE } from './bulk-choice.ts';
import type { DeliveryJob } from './delivery-batch.ts';
import type { LaneBatch } from './lane-batch.ts';
import { CHANNEL_WINDOWS } from './limits.ts';
import { type RequestKind, showingKind, youngEnough } from './request-kind.ts';

/** A job in its lane. */
export interface Entry {
  readonly job: DeliveryJob;
  readonly batch: LaneBatch;
  attempts: number;
  /** In ms since 1970, as every time here. */
  notBefore: number;
  /** Its message is not deleted together with others (any more). */
  alone?: boolean;
}

/** What is sent together: one entry, or several of one batch. */
export type Entries = readonly [Entry, ...Entry[]];

export function isSome(entries: readonly Entry[]): entries is Entries {
  return entries.length > 0;
}

/** How long Discord's limits make a job wait that takes a request of this kind, in ms. */
export type Delay = (job: DeliveryJob, now: number, kind: RequestKind) => number;

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

  /**
   * Who goes first among the lanes; higher is sooner. The one that needs the most time to its end by Discord's windows, and
   * among those alike the one that has yet to open its present window: the next one counts from there.
   */
  urgency(now: number, room: Room | null): number {
    const counts = new Map<RequestKind, number>();
    for (const entry of this.entries) {
      const kind = kindOf(entry, now);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const spans = [...counts].map(([kind, count]) => {
      const { requests, windowMs } = CHANNEL_WINDOWS[kind];
      return Math.ceil((kind === 'edit' ? this.length : count) / requests) * windowMs;
    });
    const opens = room === null || room.left >= CHANNEL_WINDOWS.edit.requests;
    return (2 * Math.max(0, ...spans)) / 1000 + (opens ? 1 : 0) + this.length / 10_000;
  }

  get entries(): readonly Entry[] {
    return [...this.people, ...this.bulk];
  }

  /**
   * The entry that may go now, or how long until one may. `delay`: what Discord's limits ask of a job, in ms; `editRoom`:
   * what is left of the window of edits.
   */
  next(
    now: number,
    delay: Delay,
    editRoom: (now: number) => Room | null,
  ): { entry: Entry } | { waitMs: number } {
    const bulk = this.oldFirst(now);
    const order = this.peopleInRow >= PEOPLE_IN_ROW ? [bulk, this.people] : [this.people, bulk];
    const delays = new Map<string, number>();
    let waitMs = Number.POSITIVE_INFINITY;
    for (const entries of order) {
      for (const entry of entries) {
        // Only the kind of request matters, of which a lane has two or three.
        const kind = kindOf(entry, now);
        const key = `${kind} ${entry.batch.people}`;
        let limitMs = delays.get(key);
        if (limitMs === undefined) {
          const kept = kind === 'edit' && !entry.batch.people ? keptForOld(bulk, now, delay, editRoom) : 0;
          limitMs = Math.max(kept, delay(entry.job, now, kind));
          delays.set(key, limitMs);
        }
        const wait = Math.max(limitMs, this.notBefore - now, entry.notBefore - now);
        if (wait <= 0) return { entry };
        waitMs = Math.min(waitMs, wait);
      }
    }
    return { waitMs };
  }

  /** Old messages have the narrowest limit and use up that of the others: behind them they would end long after. */
  private oldFirst(now: number): readonly Entry[] {
    const old = this.bulk.filter((entry) => isOld(entry, now));
    if (old.length === 0) return this.bulk;
    return [...old, ...this.bulk.filter((entry) => !isOld(entry, now))];
  }

  /** What goes in one request with this entry, itself first: others of its batch where it is a bulk-delete. */
  together(entry: Entry, now: number): Entries {
    if (kindOf(entry, now) !== 'bulk-delete') return [entry];
    const others = this.queueOf(entry.batch).filter(
      (other) =>
        other !== entry &&
        other.batch === entry.batch &&
        other.notBefore <= now &&
        kindOf(other, now) === 'bulk-delete',
    );
    return [entry, ...others.slice(0, BULK_DELETE_SIZE - 1)];
  }

  push(entry: Entry): void {
    this.queueOf(entry.batch).push(entry);
  }

  /** Entries of one batch, which go first again. */
  putBack(entries: Entries): void {
    this.queueOf(entries[0].batch).unshift(...entries);
  }

  /** Entries of one batch. */
  take(taken: Entries): void {
    const { batch } = taken[0];
    const entries = this.queueOf(batch);
    if (taken.length === 1) entries.splice(entries.indexOf(taken[0]), 1);
    else {
      const all = new Set(taken);
      entries.splice(0, entries.length, ...entries.filter((entry) => !all.has(entry)));
    }
    this.peopleInRow = batch.people ? this.peopleInRow + 1 : 0;
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

/** Time for the requests themselves, at the end of a window of which a part was kept. */
const TIME_TO_SEND_MS = 500;

/**
 * How long younger messages leave the rest of the window of edits to old ones, in ms. Those may go 3 in 6 s, but find the
 * window of 5 in 5 s used up each time unless something is kept for them: 30 edits, 15 of them old, took 33 s for 25.
 */
function keptForOld(
  bulk: readonly Entry[],
  now: number,
  delay: Delay,
  editRoom: (now: number) => Room | null,
): number {
  const old = bulk.filter((entry) => isOld(entry, now) && entry.notBefore <= now);
  const room = editRoom(now);
  if (old.length === 0 || room === null) return 0;
  const kept = Math.min(old.length, CHANNEL_WINDOWS['edit-old'].requests);
  const freeInMs = delay(old[0]!.job, now, 'edit-old');
  return room.left <= kept && freeInMs + TIME_TO_SEND_MS <= room.endsInMs ? freeInMs : 0;
}

function isOld(entry: Entry, now: number): boolean {
  return kindOf(entry, now) === 'edit-old';
}

/** The request that an entry takes. */
export function kindOf({ job, batch, alone }: Entry, now: number): RequestKind {
  if (!batch.handler.deletes) return showingKind(job.messageId, now);
  const bulk = !alone && batch.bulkChannels.has(job.channelId);
  return bulk && job.messageId !== null && youngEnough(job.messageId, now) ? 'bulk-delete' : 'delete';
}
