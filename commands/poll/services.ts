import type { Servers } from '../../src/bot/servers.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/db/schema.ts';
import type { Deliverer } from '../../src/delivery/delivery-batch.ts';

/** What the poll commands work with. */
export interface PollServices {
  readonly db: Db;
  readonly deliverer: Pick<Deliverer, 'deliver' | 'touch'>;
  readonly servers: Pick<Servers, 'guildName' | 'missingToPost' | 'obstacle'>;
  readonly clock: Clock;
  /** How many polls a server may have. */
  readonly pollsPerServer: number;
}
