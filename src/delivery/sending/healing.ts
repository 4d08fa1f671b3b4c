import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { Service } from '../../base/service.ts';
import type { Db } from '../../db/schema.ts';
import { endsByTime } from '../refusals.ts';
import type { Regained } from '../rights.ts';
import { unpark, unparkCodes } from './parks-store.ts';

/** How long news is gathered, in ms. At a start every server has some; together that is one query. */
const gatherMs = 250;
const againMs = 5_000;
/** Longer, in ms, than a request and its record may be under way. */
const lateRefusalsMs = 25_000;
/** How often refusals that end by time alone are tried again, in ms. Each channel then costs two refused requests. */
const byTimeMs = 5 * 60_000;

/**
 * Lets polls be tried again that Discord refused: for want of a right once that right is back, and now and then for
 * what ends by time. The sweep does the rest.
 */
export class Healing implements Service {
  readonly #parts: { readonly db: Db; readonly clock: Clock; readonly log: Logger };
  readonly #stopping = new AbortController();
  readonly #byTime: Loop;
  readonly #underWay = new Set<Promise<void>>();
  #gathered: Map<string, Regained[]> | null = null;

  constructor(parts: { readonly db: Db; readonly clock: Clock; readonly log: Logger }) {
    this.#parts = parts;
    const { db, clock, log } = parts;
    this.#byTime = new Loop({
      clock,
      log,
      turn: async () => {
        await unparkCodes(db, endsByTime);
        return byTimeMs;
      },
      afterErrorMs: byTimeMs,
      failed: 'polls in threads that may be opened by now could not be released',
    });
  }

  /** Begins to try what ends by time. */
  async start(): Promise<void> {
    await this.#byTime.start(byTimeMs);
  }

  /** To be called when rights came back in a server. Never throws: what fails is tried until it succeeds. */
  regained(serverId: string, regained: Regained): void {
    if (this.#gathered === null) {
      this.#gathered = new Map();
      const healing = this.#heal().finally(() => this.#underWay.delete(healing));
      this.#underWay.add(healing);
    }
    this.#gathered.set(serverId, [...(this.#gathered.get(serverId) ?? []), regained]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#byTime.stop(), ...this.#underWay]);
  }

  async #heal(): Promise<void> {
    const { clock } = this.#parts;
    await clock.sleep(gatherMs, this.#stopping.signal);
    const servers = this.#gathered ?? new Map<string, Regained[]>();
    this.#gathered = null;
    await this.#release(servers);
    // A request that was refused before the right was back may be recorded after this.
    await clock.sleep(lateRefusalsMs, this.#stopping.signal);
    await this.#release(servers);
  }

  async #release(servers: ReadonlyMap<string, readonly Regained[]>): Promise<void> {
    const { db, clock, log } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      try {
        return await unpark(db, (serverId, channelId, right, gone) =>
          (servers.get(serverId) ?? []).some((regained) => regained(channelId, right, gone)),
        );
      } catch (error) {
        log.error({ err: error }, 'polls that may be shown again could not be released; trying again');
        await clock.sleep(againMs, this.#stopping.signal);
      }
    }
  }
}
