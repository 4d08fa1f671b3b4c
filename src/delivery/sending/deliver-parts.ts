import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Db } from '../../db/schema.ts';
import type { RateLimits } from '../pace/rate-limits.ts';
import type { RestCalls } from '../rest-calls.ts';
import type { Obstacles } from '../rights.ts';

/** What delivering needs. */
export interface DeliverParts {
  readonly db: Db;
  readonly rest: RestCalls;
  readonly rateLimits: RateLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this run of this process among all that share the database. */
  readonly processId: string;
  /** The bot's own user id, known after login. */
  readonly botId: () => string;
  /** The obstacles that the gateway knows of. Default: none. */
  readonly obstacle?: Obstacles;
}
