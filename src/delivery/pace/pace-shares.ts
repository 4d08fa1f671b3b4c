import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Db } from '../../db/schema.ts';
import { fairShares, isAtWork } from './fair-shares.ts';
import { globalWindow } from './limits.ts';
import type { Pace, PaceShare } from './pace.ts';
import {
  announcePause,
  giveUpShares,
  prolongShare,
  renewShare,
  type ShareGrant,
  type ShareRequest,
  shareWindowMs,
} from './pace-share-store.ts';

/** At work it is said every second what is needed; at rest that the process lives. */
const atWork = { everyMs: 1_000, leaseMs: 4_000 };
const atRest = { everyMs: 5_000, leaseMs: 15_000 };
/** What was needed within this time is needed still: a channel's windows come and go every 5 s. */
const rememberedMs = 6_000;
/** At most so often, however suddenly something is needed. */
const soonestMs = 250;

type Shared = Pick<Pace, 'takeDemand' | 'shareChanged'>;

export interface PaceSharesParts {
  readonly db: Db;
  readonly process: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * This process' share of the bot's global limit, by a lease in the database that all processes share: none of them asks
 * anybody before a request, and together they stay within the limit. Where the database is away for longer than the lease,
 * each goes on with an equal part by the number of processes that were known last.
 */
export class PaceShares implements PaceShare {
  readonly #parts: PaceSharesParts;
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #grant: ShareGrant = { share: 0, processes: globalWindow.requests, pausedMs: 0 };
  #leaseEnds = Number.NEGATIVE_INFINITY;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #demands: { at: number; demand: number }[] = [];
  #resting = false;
  #failing = false;
  #running: Promise<void> | null = null;

  constructor(parts: PaceSharesParts) {
    this.#parts = parts;
  }

  /** Takes a share for the pace and keeps it until `stop`. `pause`: another process was refused for the global limit. */
  async start(pace: Shared, pause: (ms: number) => void): Promise<void> {
    await this.#renew(pace, pause);
    this.#running = this.#keep(pace, pause);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    const { db, process } = this.#parts;
    await this.#attempt(() => giveUpShares(db, [process]));
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
    if (this.#resting) this.#wake.abort();
  }

  refused(ms: number): void {
    const { db, process } = this.#parts;
    void this.#attempt(() => announcePause(db, process, ms));
  }

  async #keep(pace: Shared, pause: (ms: number) => void): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      this.#resting = !isAtWork(this.#demand());
      this.#wake = new AbortController();
      const { everyMs } = this.#resting ? atRest : atWork;
      await clock.sleep(everyMs, AbortSignal.any([this.#wake.signal, this.#stopping.signal]));
      this.#resting = false;
      await clock.sleep(this.#renewedAt + soonestMs - clock.monotonic(), this.#stopping.signal);
      if (!this.#stopping.signal.aborted) await this.#renew(pace, pause);
    }
  }

  async #renew(pace: Shared, pause: (ms: number) => void): Promise<void> {
    const { db, clock, process } = this.#parts;
    const now = clock.monotonic();
    this.#renewedAt = now;
    this.#demands = this.#demands.filter(({ at }) => at > now - rememberedMs);
    this.#demands.push({ at: now, demand: Math.min(pace.takeDemand(), globalWindow.requests) });
    const demand = this.#demand();
    const { leaseMs } = isAtWork(demand) ? atWork : atRest;
    const request: ShareRequest = {
      process,
      demand,
      total: globalWindow.requests,
      leaseMs,
      windowMs: shareWindowMs,
    };
    const lower = (share: number) => {
      this.#grant = { ...this.#grant, share };
    };
    const small = !isAtWork(demand) && !isAtWork(this.#grant.share) && this.#grant.share > 0;
    await this.#attempt(async () => {
      const kept = small ? await prolongShare(db, request) : null;
      this.#grant = kept ?? (await renewShare(db, request, lower));
      this.#leaseEnds = now + leaseMs;
      if (this.#grant.pausedMs > 0) pause(this.#grant.pausedMs);
      pace.shareChanged();
    });
  }

  #demand(): number {
    return Math.max(0, ...this.#demands.map(({ demand }) => demand));
  }

  /** What fails is told once, and tried again with the next renewal. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        this.#parts.log.warn({ err: error }, 'the share of the global limit could not be renewed');
      }
      this.#failing = true;
    }
  }
}
