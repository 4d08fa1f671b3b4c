import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { Service } from '../../base/service.ts';
import type { Db } from '../../db/schema.ts';
import { fairShares, isAtWork } from './fair-shares.ts';
import type { PaceShare } from './pace.ts';
import {
  announcePause,
  giveUpShares,
  prolongShare,
  renewShare,
  type ShareGrant,
  type ShareRequest,
  shareWindowMs,
} from './pace-share-store.ts';
import { globalWindow } from './rate-limits.ts';

/** At work a process says every second what it needs. At rest it says every 5 s that it lives. */
const atWork = { everyMs: 1_000, leaseMs: 4_000 };
const atRest = { everyMs: 5_000, leaseMs: 15_000 };
/** What was needed within this time, in ms, is needed still: a channel's windows come and go every 5 s. */
const rememberedMs = 6_000;
/** The shortest pause between two renewals, in ms, however suddenly something is needed. */
const soonestMs = 250;
const notRenewed = 'the share of the global limit could not be renewed';

export interface PaceSharesParts {
  readonly db: Db;
  readonly processId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** The most requests that this process wanted within a window since it was asked last. */
  takeDemand(): number;
  /** More requests may start at once. */
  shareChanged(): void;
  /** Another process was refused for the global limit: nobody sends anything for so many ms. */
  pause(ms: number): void;
}

/**
 * This process's share of the bot's global limit, by a lease in the database that all processes share. No process
 * asks anybody before a request, and together they stay within the limit. If the database is away for longer than the
 * lease, each goes on with an equal part, by the number of processes that were known last.
 */
export class PaceShares implements PaceShare, Service {
  readonly #parts: PaceSharesParts;
  readonly #loop: Loop;
  #grant: ShareGrant = { share: 0, processes: globalWindow.requests, pausedMs: 0 };
  #leaseEnds = Number.NEGATIVE_INFINITY;
  #demands: { at: number; demand: number }[] = [];
  #resting = false;

  constructor(parts: PaceSharesParts) {
    this.#parts = parts;
    this.#loop = new Loop({
      clock: parts.clock,
      log: parts.log,
      turn: async () => {
        await this.#renew();
        return this.#rest();
      },
      apartMs: soonestMs,
      afterErrorMs: atWork.everyMs,
      failed: notRenewed,
      recovered: 'the share of the global limit is renewed again',
      level: () => 'warn',
    });
  }

  /** Takes a share and keeps it until `stop`. */
  async start(): Promise<void> {
    await this.#attempt(notRenewed, () => this.#renew());
    await this.#loop.start(this.#rest());
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    const { db, processId } = this.#parts;
    await this.#attempt('the share of the global limit could not be given back', () =>
      giveUpShares(db, [processId]),
    );
  }

  get requests(): number {
    const { share, processes } = this.#grant;
    if (this.#parts.clock.monotonic() < this.#leaseEnds) return Math.max(1, share);
    return fairShares(Array(processes).fill(globalWindow.requests), globalWindow.requests).at(-1)!;
  }

  get processes(): number {
    return this.#grant.processes;
  }

  wanted(): void {
    if (this.#resting) this.#loop.wake();
  }

  refused(ms: number): void {
    const { db, processId } = this.#parts;
    void this.#attempt('other processes could not be told of a global limit', () =>
      announcePause(db, processId, ms),
    );
  }

  /** Returns the pause until the next renewal, in ms. At rest, a need ends it early. */
  #rest(): number {
    this.#resting = !isAtWork(this.#demand());
    return this.#resting ? atRest.everyMs : atWork.everyMs;
  }

  async #renew(): Promise<void> {
    const { db, clock, processId } = this.#parts;
    this.#resting = false;
    const now = clock.monotonic();
    this.#demands = this.#demands.filter(({ at }) => at > now - rememberedMs);
    this.#demands.push({ at: now, demand: Math.min(this.#parts.takeDemand(), globalWindow.requests) });
    const demand = this.#demand();
    const { leaseMs } = isAtWork(demand) ? atWork : atRest;
    const request: ShareRequest = {
      processId,
      demand,
      total: globalWindow.requests,
      leaseMs,
      windowMs: shareWindowMs,
    };
    const lower = (share: number) => {
      this.#grant = { ...this.#grant, share };
    };
    const small = !isAtWork(demand) && !isAtWork(this.#grant.share) && this.#grant.share > 0;
    const kept = small ? await prolongShare(db, request) : null;
    this.#grant = kept ?? (await renewShare(db, request, lower));
    this.#leaseEnds = now + leaseMs;
    if (this.#grant.pausedMs > 0) this.#parts.pause(this.#grant.pausedMs);
    this.#parts.shareChanged();
  }

  #demand(): number {
    return Math.max(0, ...this.#demands.map(({ demand }) => demand));
  }

  /** A failure does no harm: the lease ends by itself, and each renewal says everything anew. */
  async #attempt(failed: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn({ err: error }, failed);
    }
  }
}
