import type { Clock } from '../../src/base/clock.ts';
import type { Servers } from '../../src/bot/rights/servers.ts';
import type { Db } from '../../src/db/schema.ts';
import type { Deliverer } from '../../src/delivery/delivery-batch.ts';

/** What the poll commands work with. */
export interface PollServices {
  readonly db: Db;
  readonly deliverer: Pick<Deliverer, 'deliver' | 'refresh'>;
  readonly servers: Pick<Servers, 'serverName' | 'missingToPost' | 'obstacle'>;
  readonly clock: Clock;
  /** How many polls a server may have. */
  readonly pollsPerServer: number;
}
