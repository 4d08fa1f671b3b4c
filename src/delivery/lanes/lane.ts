import { discordLimits } from '../../base/display/discord-limits.ts';
import type { DeliveryJob } from '../delivery-batch.ts';
import type { Room } from '../pace/bucket.ts';
import { channelWindows } from '../pace/rate-limits.ts';
import { RoundRobin } from '../pace/round-robin.ts';
import { type RequestKind, showingKind, youngEnough } from '../request-kind.ts';
import { type Deed, type Right, rightsOf } from '../rights.ts';
import type { LaneBatch } from './lane-batch.ts';

/** A job in its lane. */
export interface Entry {
  readonly job: DeliveryJob;
  readonly batch: LaneBatch;
  attempts: number;
  /** By the monotonic clock, as every time here, in ms. */
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

/**
 * So many requests of people go in a row at most. A busy poll must not keep an operation from ever ending in its
 * channel.
 */
const peopleInRow = 4;

export interface LaneParts {
  readonly delay: Delay;
  /** What is left of a channel's present window of edits; null if that is not known. */
  readonly editRoom: (channelId: string, now: number) => Room | null;
  /** The time of day in ms. A message's age decides which limit it falls under. */
  readonly today: () => number;
}

/**
 * What waits to be sent in one channel, and which of it goes next: people's jobs first, then one of each operation in
 * turn.
 */
export class Lane {
  readonly channelId: string;
  /** Nothing goes before this time. */
  notBefore = 0;
  /** Ends the lane's rest early. */
  wake = new AbortController();
  readonly #parts: LaneParts;
  readonly #people = new RoundRobin<Entry>();
  readonly #background = new RoundRobin<Entry>();
  /** People's requests since the last background one. */
  #peopleInRow = 0;

  constructor(channelId: string, parts: LaneParts) {
    this.channelId = channelId;
    this.#parts = parts;
  }

  get length(): number {
    return this.#people.length + this.#background.length;
  }

  get entries(): readonly Entry[] {
    return [...this.#people.inTurn(), ...this.#background.inTurn()].flat();
  }

  /**
   * Who goes first among the lanes; higher is sooner. It is the lane that needs the most time to its end by Discord's
   * windows. Among equals it is the one that has yet to open its present window, because the next one counts from
   * there.
   */
  urgency(now: number): number {
    const counts = new Map<RequestKind, number>();
    for (const entry of this.entries) {
      const kind = this.kindOf(entry);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const spans = [...counts].map(([kind, count]) => {
      const { requests, windowMs } = channelWindows[kind];
      return Math.ceil((kind === 'edit' ? this.length : count) / requests) * windowMs;
    });
    const room = this.#parts.editRoom(this.channelId, now);
    const opens = room === null || room.left >= channelWindows.edit.requests;
    return (2 * Math.max(0, ...spans)) / 1000 + (opens ? 1 : 0) + this.length / 10_000;
  }

  /** The entry that may go now, or how long until one may. */
  next(now: number): { entry: Entry } | { waitMs: number } {
    const background = this.#background.inTurn().map((queue) => this.#oldFirst(queue));
    const people = this.#people.inTurn();
    const order = this.#peopleInRow >= peopleInRow ? [...background, ...people] : [...people, ...background];
    // Only the kind of request matters, of which a lane has two or three.
    const delays = new Map<string, number>();
    const delayOf = (entry: Entry): number => {
      const kind = this.kindOf(entry);
      const key = `${kind} ${entry.batch.people}`;
      const known = delays.get(key);
      if (known !== undefined) return known;
      const kept = kind === 'edit' && !entry.batch.people ? this.#keptForOld(background.flat(), now) : 0;
      const ms = Math.max(kept, this.#parts.delay(entry.job, now, kind));
      delays.set(key, ms);
      return ms;
    };
    let waitMs = Number.POSITIVE_INFINITY;
    for (const entry of order.flat()) {
      const wait = Math.max(delayOf(entry), this.notBefore - now, entry.notBefore - now);
      if (wait <= 0) return { entry };
      waitMs = Math.min(waitMs, wait);
    }
    return { waitMs };
  }

  /** What goes in one request with this entry, itself first. For a bulk delete these are others of its batch. */
  together(entry: Entry, now: number): Entries {
    if (this.kindOf(entry) !== 'bulk-delete') return [entry];
    const others = this.#queuesOf(entry.batch)
      .of(entry.batch.turn)
      .filter(
        (other) =>
          other !== entry &&
          other.batch === entry.batch &&
          other.notBefore <= now &&
          this.kindOf(other) === 'bulk-delete',
      );
    return [entry, ...others.slice(0, discordLimits.bulkDeleteMessages - 1)];
  }

  push(entry: Entry): void {
    this.#queuesOf(entry.batch).push(entry.batch.turn, entry);
  }

  /** Puts entries of one batch back, ahead of the others. */
  putBack(entries: Entries): void {
    const [{ batch }] = entries;
    this.#queuesOf(batch).putBack(batch.turn, entries);
  }

  /** Takes entries of one batch out. */
  take(taken: Entries): void {
    const [{ batch }] = taken;
    this.#queuesOf(batch).serve(batch.turn, taken);
    this.#peopleInRow = batch.people ? this.#peopleInRow + 1 : 0;
  }

  /** Takes out what is left of a batch. Given a right, only what needs that right. */
  takeAll(batch: LaneBatch, right?: Right): Entry[] {
    return this.#queuesOf(batch).remove(
      (entry) => entry.batch === batch && (right === undefined || rightsOf[deedOf(entry)].includes(right)),
    );
  }

  takeEverything(): Entry[] {
    return [...this.#people.remove(() => true), ...this.#background.remove(() => true)];
  }

  /** The kind of request that an entry takes. */
  kindOf({ job, batch, alone }: Entry): RequestKind {
    const today = this.#parts.today();
    if (!batch.handler.deletes) return showingKind(job.messageId, today);
    const bulkDelete = !alone && batch.bulkDeleteChannels.has(job.channelId);
    return bulkDelete && job.messageId !== null && youngEnough(job.messageId, today)
      ? 'bulk-delete'
      : 'delete';
  }

  /**
   * The queue with old messages first. They have the narrowest limit and use up that of the others too. Behind the
   * others they would end long after them.
   */
  #oldFirst(queue: readonly Entry[]): readonly Entry[] {
    const old = queue.filter((entry) => this.kindOf(entry) === 'edit-old');
    if (old.length === 0) return queue;
    return [...old, ...queue.filter((entry) => this.kindOf(entry) !== 'edit-old')];
  }

  /**
   * How long younger messages leave the rest of the window of edits to old ones, in ms. Old ones may go 3 in 6 s, but
   * would find the window of 5 in 5 s used up each time unless something is kept for them: 30 edits, 15 of them old,
   * took 33 s instead of 25.
   */
  #keptForOld(background: readonly Entry[], now: number): number {
    const old = background.filter((entry) => this.kindOf(entry) === 'edit-old' && entry.notBefore <= now);
    const room = this.#parts.editRoom(this.channelId, now);
    if (old.length === 0 || room === null) return 0;
    const kept = Math.min(old.length, channelWindows['edit-old'].requests);
    const freeInMs = this.#parts.delay(old[0]!.job, now, 'edit-old');
    return room.left <= kept && freeInMs + timeToSendMs <= room.endsInMs ? freeInMs : 0;
  }

  #queuesOf(batch: LaneBatch): RoundRobin<Entry> {
    return batch.people ? this.#people : this.#background;
  }
}

/** What an entry does with its message, as far as that is known beforehand. */
function deedOf({ job, batch }: Entry): Deed {
  if (batch.handler.deletes) return 'delete';
  return job.messageId === null ? 'post' : 'edit';
}

/** Time for the requests themselves, in ms, at the end of a window of which a part was kept. */
const timeToSendMs = 500;
