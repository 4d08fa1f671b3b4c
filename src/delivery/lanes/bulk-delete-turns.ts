import type { BulkDeletes } from '../pace/bulk-delete-choice.ts';
import type { RateLimits } from '../pace/rate-limits.ts';

/** How soon to look again while another channel's bulk delete is under way in the server, in ms. */
const busyMs = 100;

/**
 * Allows one bulk delete at a time in each server. They share one limit: lanes that all saw it free would claim polls
 * for requests that cannot go.
 */
export class BulkDeleteTurns {
  /** The server in which many messages of the channel may be deleted at once. */
  readonly serverOf: BulkDeletes;
  readonly #rateLimits: RateLimits;
  readonly #busy = new Set<string>();

  constructor(rateLimits: RateLimits, serverOf: BulkDeletes) {
    this.#rateLimits = rateLimits;
    this.serverOf = serverOf;
  }

  /** How long a bulk delete in the channel must wait, in ms. If it is not possible (any more), `take` says so. */
  delay(channelId: string, now: number): number {
    const serverId = this.serverOf(channelId);
    if (serverId === null) return 0;
    return this.#busy.has(serverId) ? busyMs : this.#rateLimits.delay(serverId, 'bulk-delete', now);
  }

  /** Runs `work` as the server's only bulk delete. It gets null if a bulk delete is not possible. */
  async take<T>(channelId: string, work: (serverId: string | null) => Promise<T>): Promise<T> {
    const serverId = this.serverOf(channelId);
    if (serverId === null) return await work(null);
    this.#busy.add(serverId);
    try {
      return await work(serverId);
    } finally {
      this.#busy.delete(serverId);
    }
  }
}
