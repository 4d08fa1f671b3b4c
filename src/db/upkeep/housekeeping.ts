import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { Db } from '../schema.ts';
import { purge, type Retention } from './purge.ts';
import { upkeep } from './upkeep.ts';

const everyMs = 60 * 60 * 1_000;

export interface HousekeepingParts {
  readonly db: Db;
  readonly retention: Retention;
  readonly clock: Clock;
  readonly log: Logger;
  /** The embedded database has nobody else who keeps its tables in order. */
  readonly embedded: boolean;
}

/**
 * Purges at the start and then every hour. `embedded`: it also keeps the tables in order. A failure is logged, and
 * the next hour tries again.
 */
export function createHousekeeping({ db, retention, clock, log, embedded }: HousekeepingParts): Loop {
  return new Loop({
    clock,
    log,
    turn: async () => {
      const purged = await purge(db, clock.now(), retention);
      const tidied = embedded ? await upkeep(db) : [];
      log.info({ purged, tidied }, 'housekeeping done');
      return everyMs;
    },
    afterErrorMs: everyMs,
    failed: 'housekeeping failed; it is tried again in an hour',
  });
}
