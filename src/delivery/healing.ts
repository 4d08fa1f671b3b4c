import type { Clock } from '../clock.ts';
import type { Db } from '../db/schema.ts';
import type { Logger } from '../log.ts';
import { unpark } from './parks-store.ts';
import type { Right } from './rights.ts';

const AGAIN_MS = 5_000;
/** Longer than a request and its record may be under way. */
const LATE_REFUSALS_MS = 25_000;

/** Lets polls be tried again that Discord refused for want of a right, once that right is back. The sweep does the rest. */
export class Healing {
  private readonly parts: { readonly db: Db; readonly clock: Clock; readonly log: Logger };
  private readonly stopping = new AbortController();
  private readonly underWay = new Set<Promise<void>>();

  constructor(parts: { readonly db: Db; readonly clock: Clock; readonly log: Logger }) {
    this.parts = parts;
  }

  /** Rights came back in a server. Never throws: what fails is tried until it succeeds. */
  regained(guildId: string, regained: (channelId: string, right: Right) => boolean): void {
    const healing = this.heal(guildId, regained).finally(() => this.underWay.delete(healing));
    this.underWay.add(healing);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.underWay);
  }

  private async heal(guildId: string, regained: (channelId: string, right: Right) => boolean): Promise<void> {
    const { db, clock } = this.parts;
    await this.untilDone(() => unpark(db, guildId, regained));
    // A request that was refused before the right was back may be recorded after this.
    await clock.sleep(LATE_REFUSALS_MS, this.stopping.signal);
    await this.untilDone(() => unpark(db, guildId, regained));
  }

  private async untilDone(work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.parts;
    while (!this.stopping.signal.aborted) {
      try {
        return await work();
      } catch (error) {
        log.error({ err: error }, 'polls that may be shown again could not be released; trying again');
        await clock.sleep(AGAIN_MS, this.stopping.signal);
      }
    }
  }
}
